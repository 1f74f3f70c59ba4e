import { existsSync, readFileSync } from "node:fs";
import { platform } from "node:os";
import { resolve } from "node:path";
import { thisPlatform, thisSystem } from "../../../service/system.ts";
import { AccessFileError } from "../../server/access/file.ts";
import type { Config } from "../../config/config.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { lineFor } from "../doctor/check.ts";
import { askMobilePay, clientFor } from "../doctor/mobilepay.ts";
import { carryOut } from "./carry-out.ts";
import { systemSockets } from "./find-devices.ts";
import { gather, saysNothing } from "./gather.ts";
import { pushRefused, refusalIn, setupCodes, type Verdict } from "./live-check.ts";
import { usage, type Wish, wishIn } from "./options.ts";
import { type Computer, planFor } from "./plan.ts";
import { askYes, TooManyTries } from "./questions.ts";
import { showPlan } from "./show-plan.ts";
import { NobodyThere, type Person, personAt } from "./terminal.ts";
import { summaryOf } from "./words.ts";
import { installedPlaces, type Places } from "../system/places.ts";
import { errorCode } from "../../errno.ts";

/** `tillbridge setup`: from nothing to a till that is ready, or one clear word about what is wrong. */
export const setupCommand: Command = (argv, context) => {
  const places = installedPlaces(platform(), context.environment);
  return setUp(argv, context, { platform: thisPlatform(), places, sockets: systemSockets, system: thisSystem() });
};

/** The same on a computer of one's choice. */
export async function setUp(argv: readonly string[], context: CommandContext, computer: Computer): Promise<number> {
  const wish = wishIn(argv);
  if (wish.help) {
    context.print(usage);
    return exitCodes.done;
  }
  const asks = context.isTerminal && saysNothing(wish);
  const person = asks ? personAt(context.stdin(), context.stderr, context.stop) : undefined;
  try {
    return await setUpWith(person, wish, context, computer);
  } catch (error) {
    if (error instanceof NobodyThere || error instanceof TooManyTries)
      throw new CommandError("Stopped. Nothing was changed.");
    if (error instanceof AccessFileError) throw new CommandError(`${error.message}.`);
    throw error;
  } finally {
    person?.leave();
  }
}

async function setUpWith(
  person: Person | undefined,
  wish: Wish,
  context: CommandContext,
  computer: Computer,
): Promise<number> {
  const { print } = context;
  const file = settingsFile(context, computer.places);
  const before = present(file);
  if (before !== undefined) print(`The settings in ${file} are changed only where you say so.`);
  const told = await gather(wish, before, { context, sockets: computer.sockets, person });
  const plan = planFor(file, before, told, context, computer);
  for (const line of summaryOf(plan.config, told.secrets)) print(line);
  const verdict = await tryKeys(plan.config, wish, context);
  if (wish.dryRun) return showPlan(plan, wish, verdict, context, computer.system);
  if (person && !(await askYes(person, "Set the till up like this?", true))) throw new NobodyThere();
  return carryOut(plan, wish, told, verdict, context, computer);
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

async function tryKeys(config: Config, wish: Wish, context: CommandContext): Promise<Verdict> {
  if (!wish.checks) {
    context.print("MobilePay was not asked. When there is a network: tillbridge doctor");
    return exitCodes.done;
  }
  const client = clientFor(config.mobilepay, context);
  const checks = await askMobilePay(client, config.mobilepay).finally(() => client.close());
  for (const check of checks) context.print(lineFor({ ...check, name: `mobilepay.${check.name}` }));
  const refusal = refusalIn(checks);
  if (refusal !== undefined) throw new CommandError(`${refusal.words} Nothing was changed.`, refusal.code);
  return pushRefused(checks) ? setupCodes.pushNotAllowed : exitCodes.done;
}
