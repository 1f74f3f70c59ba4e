import { launchdLabel } from "./macos.ts";
import type { Platform } from "./plan.ts";
import type { Surroundings } from "./system.ts";
import { runningPattern, stateQuery } from "./windows/state.ts";

/** Whether the service manager has the till running. */
export async function isRunning(platform: Platform, system: Surroundings): Promise<boolean> {
  switch (platform) {
    case "linux":
      return (await system.output(["systemctl", "is-active", "tillbridge.service"]))?.trim() === "active";
    case "windows":
      return new RegExp(runningPattern).test((await system.output(stateQuery)) ?? "");
    case "macos":
      return /state = running/.test((await system.output(["launchctl", "print", `system/${launchdLabel}`])) ?? "");
  }
}
