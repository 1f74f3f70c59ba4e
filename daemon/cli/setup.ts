import { existsSync, readFileSync } from "node:fs";
import { platform } from "node:os";
import { dirname, resolve } from "node:path";
import { AccessFileError } from "../access/file.ts";
import { serviceAccountOn } from "../../service/account.ts";
import type { Platform } from "../../service/plan.ts";
import { type System, thisPlatform, thisSystem } from "../../service/system.ts";
import { type Config, ConfigError, configIn } from "../config.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "./command.ts";
import { lineFor } from "./doctor/check.ts";
import { askMobilePay, clientFor } from "./doctor/mobilepay.ts";
import { askHealth } from "./doctor/port.ts";
import { movingIn } from "./idle.ts";
import { type Sockets, systemSockets } from "./setup/find-devices.ts";
import { gather, saysNothing, type Told } from "./setup/gather.ts";
import { giveAccess, type Page, refuseAccess } from "./setup/give-access.ts";
import { pushRefused, refusalIn, setupCodes } from "./setup/live-check.ts";
import { usage, type Wish, wishIn } from "./setup/options.ts";
import { askYes, TooManyTries } from "./setup/questions.ts";
import { secretFile, withSecrets } from "./setup/secrets.ts";
import { startService, stepsOfService } from "./setup/service.ts";
import { valueIn, withEdits } from "../config/edit.ts";
import { NobodyThere, type Person, personAt } from "./setup/terminal.ts";
import { hintFor, summaryOf } from "./setup/words.ts";
import { type FileToWrite, makeDataFolder, writeFiles } from "./setup/write-files.ts";
import type { World } from "../world.ts";
import { refusedSurroundings } from "./surroundings.ts";
import { type Give, giverTo } from "./system/accounts.ts";
import { installedPlaces, type Places } from "./system/places.ts";

/** The computer that is set up. */
export interface Computer {
  readonly platform: Platform;
  readonly places: Places;
  readonly sockets: Sockets;
  readonly system: System;
}

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

interface Plan {
  readonly file: string;
  readonly config: Config;
  /** What a service that runs goes by: the settings as they are. */
  readonly present: Config;
  readonly files: readonly FileToWrite[];
  readonly isChanged: boolean;
  /** The settings stand where the installed service reads them. */
  readonly isInstalled: boolean;
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
    const code = codeOf(error);
    throw new CommandError(`${file} cannot be read (${code}): run setup as root.`);
  }
}

function planFor(
  file: string,
  before: string | undefined,
  told: Told,
  context: CommandContext,
  { platform: system, places }: Computer,
): Plan {
  const account = serviceAccountOn(system);
  const isInstalled = file === places.settings;
  const dataDir = { path: ["dataDir"], value: isInstalled ? places.dataDir : "data" };
  const needsDataDir =
    valueIn(before, dataDir.path) === undefined && !told.edits.some(({ path }) => path[0] === "dataDir");
  const text = withEdits(before, [...told.edits, ...(needsDataDir ? [dataDir] : [])]);
  const config = parsed(text, file, told, context);
  const refused = refusedSurroundings(config.mobilepay.baseUrl, context);
  if (refused !== undefined) throw new UsageError(`${refused}.`);
  const secrets = [...told.secrets].map(([name, value]) => ({
    path: secretFile(file, name),
    text: `${value}\n`,
    mode: 0o600,
    owner: account?.keys,
  }));
  const settings = { path: file, text, mode: 0o640, owner: account?.settings, keepAs: `${file}.before` };
  const isChanged = text !== before || secrets.some(({ path, text: value }) => !holds(path, value));
  return {
    file,
    config,
    present: presentConfig(before, file) ?? config,
    files: [...secrets, settings],
    isChanged,
    isInstalled,
  };
}

/** Undefined when there are none, or no service could run by them. */
function presentConfig(before: string | undefined, file: string): Config | undefined {
  try {
    return before === undefined ? undefined : configIn(before, file, () => ({ text: "not-needed" }));
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function parsed(text: string, file: string, told: Told, context: CommandContext): Config {
  try {
    return configIn(text, file, withSecrets(told.secrets, file, context.secretIn));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(`${error.text}.${hintFor(error.text)} Nothing was changed.`);
  }
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

/** What MobilePay said, as the exit code that setup ends with if all else goes well. */
type Verdict = typeof exitCodes.done | typeof setupCodes.pushNotAllowed;

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

async function showPlan(
  { file, files, isChanged, isInstalled, config }: Plan,
  wish: Wish,
  verdict: Verdict,
  context: CommandContext,
  system: System,
): Promise<number> {
  const { print } = context;
  print(isChanged ? "Would write:" : "Would write nothing: all is as it is set.");
  for (const { path, mode } of isChanged ? files : []) print(`  ${path} (${mode.toString(8).padStart(4, "0")})`);
  const settings = files.at(-1);
  for (const line of isChanged ? (settings?.text.trimEnd().split("\n") ?? []) : []) print(`    ${line}`);
  if (wish.service && isInstalled) {
    print("Would make it a service:");
    const steps = await stepsOfService({ config, file }, system, context);
    for (const step of steps) print(`  ${step}`);
  }
  print(`Would give access to the POS page, in ${config.dataDir}.`);
  return verdict;
}

async function carryOut(
  plan: Plan,
  wish: Wish,
  told: Told,
  verdict: Verdict,
  context: CommandContext,
  computer: Computer,
): Promise<number> {
  const { print, complain, world } = context;
  const account = serviceAccountOn(computer.platform);
  const [origin, ...others] = plan.config.origins;
  const page = { name: told.clientName, origin: others.length === 0 ? origin : undefined };
  refuseAccessEarly(plan.config.dataDir, page, wish.newToken);
  if (plan.isChanged) {
    await refuseWhileSelling(plan.present, world);
    await write(plan, await giverTo(account, computer.system), print);
  }
  const trouble = await serve(plan, wish, context, computer);
  // There may be a user only since the service was installed.
  await makeFolderOfData(plan.config.dataDir, account?.data, await giverTo(account, computer.system));
  const { name, token } = await accessFor(plan.config.dataDir, page, { renews: wish.newToken, now: world.now() });
  if (plan.config.checkIn.mode === "webhook") print("Next: tillbridge webhooks register");
  if (verdict === setupCodes.pushNotAllowed)
    complain(
      "tillbridge: The till is set up, but its sales unit may not send payment requests to phones: ask MobilePay to allow PUSH_MESSAGE (skip landing page). Until then only the code on the screen works.",
    );
  if (trouble !== undefined) complain(`tillbridge: The till is set up, but: ${trouble}`);
  const began = trouble === undefined ? "Ready. " : "";
  if (token === undefined) print(`${began}${name} has access already. For another token: tillbridge setup --new-token`);
  else print(`${began}${name} has access. Its token, shown only now:`);
  if (token !== undefined) print(token);
  return trouble === undefined ? verdict : setupCodes.notRunning;
}

async function write({ files, file }: Plan, give: Give | undefined, print: (line: string) => void): Promise<void> {
  try {
    await writeFiles(files, give);
    print(`Written: ${file}`);
  } catch (error) {
    const code = codeOf(error);
    const hint = code === "EACCES" || code === "EPERM" ? "run setup as root" : "see that the disk can be written";
    throw new CommandError(
      `The settings cannot be written in ${dirname(file)} (${code}): ${hint}. Nothing was changed.`,
    );
  }
}

/** Before anything is changed. That it cannot be looked at is said by whoever needs it. */
function refuseAccessEarly(dataDir: string, page: Page, renews: boolean): void {
  try {
    refuseAccess(dataDir, page, renews);
  } catch (error) {
    if (error instanceof AccessFileError || error instanceof CommandError) throw error;
  }
}

/** Once the settings are written, a failure is one of a till that is set up. */
async function accessFor(...[dataDir, page, how]: Parameters<typeof giveAccess>): ReturnType<typeof giveAccess> {
  try {
    return await giveAccess(dataDir, page, how);
  } catch (error) {
    const known = error instanceof AccessFileError || error instanceof CommandError;
    const why = known ? error.message.replace(/\.$/, "") : `${dataDir} cannot be written (${codeOf(error)})`;
    throw new CommandError(
      `The settings are written, but nobody got access: ${why}. Mend it, and run setup again.`,
      setupCodes.notRunning,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

async function makeFolderOfData(dataDir: string, owner: string | undefined, give: Give | undefined): Promise<void> {
  try {
    await makeDataFolder(dataDir, owner, give);
  } catch (error) {
    const code = codeOf(error);
    throw new CommandError(
      `The settings are written, but the data folder ${dataDir} cannot be made (${code}). Nobody has access yet: mend it, and run setup again.`,
      setupCodes.notRunning,
    );
  }
}

/** Undefined when all is well. */
async function serve(
  { isInstalled, config, isChanged, file }: Plan,
  wish: Wish,
  context: CommandContext,
  { system }: Computer,
): Promise<string | undefined> {
  if (wish.service && isInstalled) return startService({ config, file, isChanged }, system, context);
  context.print(isInstalled ? "The service was not started." : `Start it with: tillbridge run --config ${file}`);
  return undefined;
}

/** New settings need a new start, and nobody wants that while a customer pays. */
async function refuseWhileSelling({ listen, dataDir }: Config, world: World): Promise<void> {
  // With port 0 only the service itself knows where it listens.
  const mayRun = listen.port === 0 || (await askHealth(listen.port, listen.tls !== undefined)) !== undefined;
  if (!mayRun) return;
  const moving = await movingIn(dataDir, world);
  if (moving !== undefined)
    throw new CommandError("A payment is under way. Nothing was changed: try again when it is over.");
}
