import type { Installation } from "../installation.ts";

export const serviceName = "tillbridge";

/** Windows' own folders, and ours in them. */
export interface WindowsPlaces {
  readonly program: string;
  readonly data: string;
  readonly settings: string;
  readonly logs: string;
}

export function windowsPlaces(environment: Installation["environment"]): WindowsPlaces {
  const data = `${environment["ProgramData"] || "C:\\ProgramData"}\\Tillbridge`;
  return {
    program: `${environment["ProgramFiles"] || "C:\\Program Files"}\\Tillbridge`,
    data,
    settings: `${data}\\tillbridge.json`,
    logs: `${data}\\logs`,
  };
}
