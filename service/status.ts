import { launchdLabel } from "./macos.ts";
import type { TargetPlatform } from "./plan.ts";
import type { SystemView } from "./system.ts";
import { runningPattern, stateQuery } from "./windows/state.ts";

/** Whether the service manager has the till running. */
export async function isRunning(platform: TargetPlatform, system: SystemView): Promise<boolean> {
  switch (platform) {
    case "linux":
      return (await system.output(["systemctl", "is-active", "tillbridge.service"]))?.trim() === "active";
    case "windows":
      return new RegExp(runningPattern).test((await system.output(stateQuery)) ?? "");
    case "macos":
      return /state = running/.test((await system.output(["launchctl", "print", `system/${launchdLabel}`])) ?? "");
  }
}
