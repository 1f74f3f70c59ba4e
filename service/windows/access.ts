import type { InstallStep } from "../plan.ts";
import { serviceName, type WindowsPlaces } from "./places.ts";

/** By number: their names are translated on a Danish, Finnish, Norwegian or Swedish Windows. A service's name never is. */
const system = "*S-1-5-18";
const administrators = "*S-1-5-32-544";
const service = `NT SERVICE\\${serviceName}`;

/** Folders in ProgramData may be read by every user until that is changed. The journal stays when the service goes. */
export function accessPlan({ data, logs }: WindowsPlaces): InstallStep[] {
  const folder = (path: string, why: string): InstallStep => ({ do: "folder", path, why, undo: "nothing" });
  return [
    folder(data, "Settings and keys; they stay when the service goes."),
    folder(`${data}\\data`, "The journal; it stays when the service goes."),
    {
      do: "folder",
      path: logs,
      why: "The log.",
      undo: { do: "removeFolder", path: logs, whenEmpty: false, why: "Nobody writes a log any more." },
    },
    allow(data, [`${system}:(OI)(CI)F`, `${administrators}:(OI)(CI)F`, `${service}:(OI)(CI)RX`], true),
    allow(`${data}\\data`, [`${service}:(OI)(CI)M`], false),
    allow(logs, [`${service}:(OI)(CI)M`], false),
  ];
}

function allow(path: string, grants: readonly string[], alone: boolean): InstallStep {
  const inherited = alone ? ["/inheritance:r"] : [];
  const words = grants.flatMap((grant) => ["/grant:r", grant]);
  return {
    do: "run",
    command: ["icacls.exe", path, ...inherited, ...words, "/Q"],
    why: alone
      ? "Only administrators and the service may read the settings and keys; the service may not change them."
      : "The service may write here.",
  };
}
