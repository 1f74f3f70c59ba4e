import { join } from "node:path";

/** Where an installed till keeps its settings and its data. */
export interface Places {
  readonly settings: string;
  readonly dataDir: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `platform`: as `node:os` calls it. */
export function installedPlaces(platform: string, environment: Environment): Places {
  if (platform === "win32") {
    const folder = `${environment["ProgramData"] || "C:\\ProgramData"}\\Tillbridge`;
    return { settings: `${folder}\\tillbridge.json`, dataDir: `${folder}\\data` };
  }
  if (platform === "darwin") {
    const folder = "/Library/Application Support/Tillbridge";
    return { settings: join(folder, "tillbridge.json"), dataDir: join(folder, "data") };
  }
  return { settings: "/etc/tillbridge/tillbridge.json", dataDir: "/var/lib/tillbridge" };
}
