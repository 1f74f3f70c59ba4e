import { join } from "node:path";
import type { TargetPlatform } from "../../../service/plan.ts";
import { windowsPlaces } from "../../../service/windows/places.ts";

/** Where an installed till keeps its settings and its data. */
export interface Places {
  readonly settings: string;
  readonly dataDir: string;
  /** The service's log, where the system keeps none. */
  readonly log?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function installedPlaces(platform: TargetPlatform, environment: Environment): Places {
  switch (platform) {
    case "linux":
      return { settings: "/etc/tillbridge/tillbridge.json", dataDir: "/var/lib/tillbridge" };
    case "windows":
      return onWindows(environment);
    case "macos":
      return onMacos();
  }
}

function onWindows(environment: Environment): Places {
  const { data, settings, logs } = windowsPlaces(environment);
  return { settings, dataDir: `${data}\\data`, log: `${logs}\\tillbridge.log` };
}

function onMacos(): Places {
  const folder = "/Library/Application Support/Tillbridge";
  const log = "/Library/Logs/Tillbridge/tillbridge.log";
  return { settings: join(folder, "tillbridge.json"), dataDir: join(folder, "data"), log };
}
