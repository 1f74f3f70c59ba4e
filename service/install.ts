import { policyPlan, policyRemovalPlan } from "./browser-policies/policies.ts";
import type { Installation } from "./installation.ts";
import { linuxPlan } from "./linux.ts";
import { macosPlan } from "./macos.ts";
import { type Plan, reversed } from "./plan.ts";
import { windowsPlan } from "./windows/windows.ts";

const servicePlans = { linux: linuxPlan, windows: windowsPlan, macos: macosPlan } as const;

/**
 * What makes the till a service that starts with the computer and starts again when it fails, and what lets the pages of `origins`
 * reach it; `undefined` leaves the browsers as they are. Rejects with `CannotInstall`. Making the plan changes nothing.
 */
export async function installPlan(origins: readonly string[] | undefined, installation: Installation): Promise<Plan> {
  const { platform, system } = installation;
  const policies = origins === undefined ? [] : await policyPlan(origins, platform, system);
  return [...policies, ...(await servicePlans[platform](installation))];
}

/** What takes all of it back. The journal and the settings stay. */
export async function uninstallPlan(installation: Installation): Promise<Plan> {
  const { platform, system } = installation;
  const service = reversed(await servicePlans[platform](installation));
  return [...(await policyRemovalPlan(platform, system)), ...service];
}
