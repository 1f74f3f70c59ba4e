import { policyPlan, policyRemovalPlan } from "./browser-policies/policies.ts";
import type { Installation } from "./installation.ts";
import { linuxPlan } from "./linux.ts";
import { macosPlan } from "./macos.ts";
import { type InstallPlan, reversed } from "./plan.ts";
import { windowsPlan } from "./windows/windows.ts";

const servicePlans = { linux: linuxPlan, windows: windowsPlan, macos: macosPlan } as const;

/**
 * What makes the till a service that starts with the computer and starts again when it fails, and what lets the pages of `origins`
 * reach it; `undefined` leaves the browsers as they are. Rejects with `CannotInstall`. Making the plan changes nothing.
 */
export async function installPlan(
  origins: readonly string[] | undefined,
  installation: Installation,
): Promise<InstallPlan> {
  const { platform, system } = installation;
  const policies = origins === undefined ? [] : await policyPlan(origins, platform, system);
  // Linux starts a service that is not running and leaves one alone that is; a package waits by itself before it changes files.
  const waits = platform === "linux" ? [] : await waitSteps(installation);
  return [...waits, ...policies, ...(await servicePlans[platform](installation))];
}

/** What takes all of it back. The journal and the settings stay. */
export async function uninstallPlan(installation: Installation): Promise<InstallPlan> {
  const { platform, system } = installation;
  const service = reversed(await servicePlans[platform](installation));
  return [...(await waitSteps(installation)), ...(await policyRemovalPlan(platform, system)), ...service];
}

const waitSecondsMax = 90;
/** Whatever else is wrong with the version before must not keep a better one out. */
const notAPayment = [1, 2];

/** Nothing is stopped in the middle of a payment: the first step fails when one stays open. */
async function waitSteps({ platform, program, system, settings }: Installation): Promise<InstallPlan> {
  if (settings === undefined || !(await system.isThere(settings))) return [];
  const main = [program.folder, "dist", "main.mjs"].join(platform === "windows" ? "\\" : "/");
  const command = [program.node, main, "idle", "--wait", String(waitSecondsMax), "--config", settings];
  return [{ do: "run", command, okExitCodes: notAPayment, why: "Not into an open payment." }];
}
