import { type InstallPlan, type TargetPlatform, reversed } from "../plan.ts";
import type { SystemView } from "../system.ts";
import { grantInFolders, withdrawFromFolders } from "./chromium-files.ts";
import { grantInFirefox, withdrawFromFirefox } from "./firefox-file.ts";
import { originsToGrant } from "./grants.ts";
import { grantByProfile, profileFile } from "./profile.ts";
import { grantInRegistry, withdrawFromRegistry } from "./registry.ts";

/**
 * What lets the POS pages of `origins` (from the settings) reach this computer in each browser, without a question to the cashier.
 * With no page that needs it: what takes earlier policies away.
 */
export async function policyPlan(
  origins: readonly string[],
  platform: TargetPlatform,
  system: SystemView,
): Promise<InstallPlan> {
  const wanted = originsToGrant(origins);
  if (wanted.length === 0) return policyRemovalPlan(platform, system);
  switch (platform) {
    case "linux":
      return [...(await grantInFolders(wanted, system)), ...(await grantInFirefox(wanted, system))];
    case "windows":
      return grantInRegistry(wanted, system);
    case "macos":
      return grantByProfile(wanted);
  }
}

/** What takes the policies away again. What others have written stays as it is. */
export async function policyRemovalPlan(platform: TargetPlatform, system: SystemView): Promise<InstallPlan> {
  switch (platform) {
    case "linux":
      return [...(await withdrawFromFolders(system)), ...(await withdrawFromFirefox(system))];
    case "windows":
      return withdrawFromRegistry(system);
    case "macos":
      return (await system.isThere(profileFile)) ? reversed(grantByProfile([])) : [];
  }
}
