import { launchdLabel } from "./macos.ts";
import type { Platform } from "./plan.ts";
import type { Surroundings } from "./system.ts";
import { serviceName } from "./windows/wrapper.ts";

/** Whether the service manager has the till running. */
export async function isRunning(platform: Platform, system: Surroundings): Promise<boolean> {
  switch (platform) {
    case "linux":
      return (await system.output(["systemctl", "is-active", "tillbridge.service"]))?.trim() === "active";
    case "windows":
      // The words are translated on some Windows, the number is not.
      return /:\s+4\s+/.test((await system.output(["sc.exe", "query", serviceName])) ?? "");
    case "macos":
      return /state = running/.test((await system.output(["launchctl", "print", `system/${launchdLabel}`])) ?? "");
  }
}
