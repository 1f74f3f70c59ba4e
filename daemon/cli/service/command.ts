import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { execPath } from "node:process";
import { browserPolicyStates } from "../../../service/browser-policies/states.ts";
import { policyRemovalPlan } from "../../../service/browser-policies/policies.ts";
import { carryOut, headline, StepFailed } from "../../../service/carry-out.ts";
import { CannotInstall, type Installation } from "../../../service/installation.ts";
import { installPlan, uninstallPlan } from "../../../service/install.ts";
import { type InstallPlan, type TargetPlatform, platforms } from "../../../service/plan.ts";
import { isRunning } from "../../../service/status.ts";
import { type System, thisPlatform, thisSystem } from "../../../service/system.ts";
import { findAbove } from "../../find-above.ts";
import { loadConfig } from "../../config/config.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { secretFile, secretNames } from "../system/secret-places.ts";
import { installedPlaces } from "../system/places.ts";

interface Wish {
  readonly what: "install" | "uninstall" | "status";
  readonly dryRun: boolean;
  readonly policiesOnly: boolean;
  readonly platform: TargetPlatform;
}

const flag = { type: "boolean", default: false } as const;
const options = { "dry-run": flag, "policies-only": flag, platform: { type: "string" } } as const;

/** `tillbridge service …`: makes the till a service of this computer, or takes it back. */
export const serviceCommand: Command = (argv, context) => serveOn(thisSystem(), argv, context);

/** The same on a computer of one's choice. */
export async function serveOn(system: System, argv: readonly string[], context: CommandContext): Promise<number> {
  const wish = wishIn(argv);
  if (wish.what === "status") return tellStatus(wish, system, context);
  try {
    const plan = await planFor(wish, system, context);
    if (wish.dryRun) context.print(JSON.stringify({ platform: wish.platform, steps: plan }, undefined, 2));
    else await carryOut(plan, system, (step) => context.print(`${headline(step)} (${step.why})`));
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CannotInstall || error instanceof StepFailed) throw new CommandError(`${error.message}.`);
    throw error;
  }
}

function wishIn(argv: readonly string[]): Wish {
  const { values, positionals } = argumentsIn(argv, { options, allowPositionals: true });
  const [what, ...more] = positionals;
  if ((what !== "install" && what !== "uninstall" && what !== "status") || more.length > 0)
    throw new UsageError("say one of install, uninstall and status");
  const platform = platforms.find((one) => one === values.platform) ?? thisPlatform();
  if (values.platform !== undefined && values.platform !== platform)
    throw new UsageError(`--platform must be one of ${platforms.join(", ")}`);
  if (platform !== thisPlatform() && (!values["dry-run"] || what === "status"))
    throw new UsageError(`for another system a plan can only be printed: add --dry-run`);
  if (values["policies-only"] && what !== "uninstall")
    throw new UsageError("--policies-only is for uninstall: install always writes them");
  return { what, dryRun: values["dry-run"], policiesOnly: values["policies-only"], platform };
}

function planFor(
  { what, policiesOnly, platform }: Wish,
  system: System,
  context: CommandContext,
): Promise<InstallPlan> {
  if (policiesOnly) return policyRemovalPlan(platform, system);
  const installation = installationFor(platform, system, context);
  if (what === "uninstall") return uninstallPlan(installation);
  return installPlan(originsFor(platform, context), installation);
}

/** What `service install` would do on this computer for the pages of `origins` and the till of `settings`. Rejects with `CannotInstall`. */
export async function planToInstall(
  origins: readonly string[],
  settings: string,
  system: System,
  context: CommandContext,
): Promise<InstallPlan> {
  return installPlan(origins, installationFor(thisPlatform(), system, context, settings));
}

function installationFor(
  platform: TargetPlatform,
  system: System,
  { environment, version }: CommandContext,
  settings = installedPlaces(platform, environment).settings,
): Installation {
  const keyFiles = secretNames.map((name) => secretFile(settings, name));
  return {
    platform,
    system,
    environment,
    settings,
    keyFiles,
    program: { folder: programFolder(), node: execPath, version },
  };
}

/** The folder above `dist/`, wherever the bundler has put this code below it. */
function programFolder(): string {
  const main = findAbove(import.meta.dirname, ["main.mjs", "dist/main.mjs"]);
  if (main === undefined) throw new CannotInstall("the program is not built: scripts/setup");
  return resolve(main, "../..");
}

/** From the settings, without their secrets; undefined when the till is not set up yet. */
function originsFor(platform: TargetPlatform, context: CommandContext): readonly string[] | undefined {
  const file = settingsFile(platform, context);
  return file === undefined ? undefined : loadConfig(file, () => ({ text: "not-needed" })).origins;
}

function settingsFile(platform: TargetPlatform, context: CommandContext): string | undefined {
  const file = namedFile(context) ?? installedPlaces(platform, context.environment).settings;
  return existsSync(file) ? file : undefined;
}

/** The installed command line always names one, also before it is there. */
function namedFile({ configFile }: CommandContext): string | undefined {
  try {
    return configFile();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

async function tellStatus({ platform }: Wish, system: System, context: CommandContext): Promise<number> {
  const runs = await isRunning(platform, system);
  context.print(runs ? "The service runs." : "The service does not run.");
  const origins = originsFor(platform, context);
  if (origins === undefined) context.print("The till is not set up: tillbridge setup.");
  for (const { browser, isInstalled, state, where } of await browserPolicyStates(origins ?? [], { platform, system }))
    if (isInstalled) context.print(`${browser}: ${stateWords[state]} (${where})`);
  return runs ? exitCodes.done : exitCodes.failed;
}

const stateWords = {
  inForce: "lets the POS page reach the till",
  missing: "asks before the POS page may reach the till",
  blocked: "keeps the POS page from the till: somebody has forbidden it",
  insecureOrigin: "keeps the POS page from the till: it must be served encrypted (https)",
  notNeeded: "needs no policy for the pages of the settings",
} as const;
