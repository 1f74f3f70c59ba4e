import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { thisPlatform, thisSystem } from "../../../service/system.ts";
import { AccessFileError } from "../../server/access/file.ts";
import type { Config } from "../../config/config.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { lineFor } from "../doctor/check.ts";
import { clientFor } from "../doctor/mobilepay.ts";
import { carryOut } from "./carry-out.ts";
import { systemDevicePaths } from "../../../drivers/device-paths.ts";
import { gather, saysNothing } from "./gather.ts";
import { pushRefused, refusalIn, setupCodes, type SetupOutcome } from "./check-keys.ts";
import { usage, type SetupOptions, setupOptionsIn } from "./options.ts";
import { type TargetHost, planFor } from "./plan.ts";
import { askYes, TooManyTries } from "./questions.ts";
import { showPlan } from "./show-plan.ts";
import { PromptClosed, type Prompt, promptAt } from "./terminal.ts";
import { summaryOf } from "./words.ts";
import { installedPlaces, type Places } from "../system/places.ts";
import { errorCode } from "../../errno.ts";

/** `tillbridge setup`: from nothing to a till that is ready, or one clear word about what is wrong. */
export const setupCommand: Command = (argv, context) => {
  const places = installedPlaces(thisPlatform(), context.environment);
  return setUp(argv, context, {
    platform: thisPlatform(),
    places,
    devicePaths: systemDevicePaths,
    system: thisSystem(),
  });
};

/** The same on a computer of one's choice. */
export async function setUp(argv: readonly string[], context: CommandContext, host: TargetHost): Promise<number> {
  const options = setupOptionsIn(argv);
  if (options.help) {
    context.print(usage);
    return exitCodes.done;
  }
  const asks = context.isTerminal && saysNothing(options);
  const prompt = asks ? promptAt(context.stdin(), context.stderr, context.stop) : undefined;
  try {
    return await setUpWith(prompt, options, context, host);
  } catch (error) {
    if (error instanceof PromptClosed || error instanceof TooManyTries)
      throw new CommandError("Stopped. Nothing was changed.");
    if (error instanceof AccessFileError) throw new CommandError(`${error.message}.`);
    throw error;
  } finally {
    prompt?.close();
  }
}

async function setUpWith(
  prompt: Prompt | undefined,
  options: SetupOptions,
  context: CommandContext,
  host: TargetHost,
): Promise<number> {
  const { print } = context;
  const file = settingsFile(context, host.places);
  const before = present(file);
  if (before !== undefined) print(`The settings in ${file} are changed only where you say so.`);
  const answers = await gather(options, before, { context, devicePaths: host.devicePaths, prompt });
  const plan = planFor(file, before, answers, context, host);
  for (const line of summaryOf(plan.config, answers.secrets)) print(line);
  const outcome = await tryKeys(plan.config, options, context);
  if (options.dryRun) return showPlan(plan, options, outcome, context, host.system);
  if (prompt && !(await askYes(prompt, "Set the till up like this?", true))) throw new PromptClosed();
  return carryOut(plan, options, answers, outcome, context, host);
}

function settingsFile({ configFile }: CommandContext, places: Places): string {
  try {
    return resolve(configFile());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return places.settings;
  }
}

function present(file: string): string | undefined {
  try {
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  } catch (error) {
    const code = errorCode(error);
    throw new CommandError(`${file} cannot be read (${code}): run setup as root.`);
  }
}

async function tryKeys(config: Config, options: SetupOptions, context: CommandContext): Promise<SetupOutcome> {
  if (!options.checks) {
    context.print("MobilePay was not asked. When there is a network: tillbridge doctor");
    return exitCodes.done;
  }
  const client = clientFor(config.mobilepay, context);
  const checks = await client.check().finally(() => client.close());
  for (const check of checks) context.print(lineFor({ ...check, name: `mobilepay.${check.name}` }));
  const refusal = refusalIn(checks);
  if (refusal !== undefined) throw new CommandError(`${refusal.words} Nothing was changed.`, refusal.code);
  return pushRefused(checks) ? setupCodes.pushNotAllowed : exitCodes.done;
}
