import { join } from "node:path";

/** Where an installed till keeps its settings and its data. */
export interface Places {
  readonly settings: string;
  readonly dataDir: string;
  /** The service's log, where the system keeps none. */
  readonly log?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `platform`: as `node:os` calls it. */
export function installedPlaces(platform: string, environment: Environment): Places {
  if (platform === "win32") {
    const folder = `${environment["ProgramData"] || "C:\\ProgramData"}\\Tillbridge`;
    return {
      settings: `${folder}\\tillbridge.json`,
      dataDir: `${folder}\\data`,
      log: `${folder}\\logs\\tillbridge.log`,
    };
  }
  if (platform === "darwin") {
    const folder = "/Library/Application Support/Tillbridge";
    const log = "/Library/Logs/Tillbridge/tillbridge.log";
    return { settings: join(folder, "tillbridge.json"), dataDir: join(folder, "data"), log };
  }
  return { settings: "/etc/tillbridge/tillbridge.json", dataDir: "/var/lib/tillbridge" };
}
