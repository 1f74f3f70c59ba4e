import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { errorCode } from "../../errno.ts";
import { silentLogger } from "../../log/logger.ts";
import { createMobilePay, type MobilePay } from "../../mobilepay/client.ts";
import { msisdnOf } from "../../mobilepay/phone-number.ts";
import type { Currency } from "../../protocol/values.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { cleanUp } from "./clean-up.ts";
import { type ChecklistFacts, checklistText, environmentLine, title } from "./document.ts";
import { type ChecklistRun, type DoneLines, lineNames, runChecklist } from "./run-checklist.ts";

const options = {
  file: { type: "string", default: "epayment-checklist.md" },
  phone: { type: "string" },
  "in-app": { type: "boolean", default: false },
  "with-real-money": { type: "boolean", default: false },
} as const;

/** In the test environment, of no amount that forces a result; with real money the least that can be taken in two parts everywhere. */
const testMinor = { value: 1000, part: 400 };
const realMinor = { value: 200, part: 100 };

const storiesMax = 4;

/** `tillbridge checklist`: does all that MobilePay's ePayment checklist asks for, and writes it down filled in. */
export const checklistCommand: Command = async (argv, context) => {
  const { mobilepay } = context.config();
  const asked = await optionsIn(argv, mobilepay.currency);
  const isTest = isTestEnvironment(mobilepay.baseUrl);
  if (!isTest && !asked.withRealMoney) throw new UsageError(withRealMoneyWords(mobilepay.baseUrl));
  const identity = { ...mobilepay, systemName: "tillbridge", systemVersion: context.version };
  const mobilePay = createMobilePay({ ...identity, world: context.world, log: silentLogger });
  try {
    return await checklist({ asked, isTest, mobilePay, context });
  } finally {
    mobilePay.close();
  }
};

interface Asked {
  readonly file: string;
  readonly phoneNumber?: string;
  readonly inApp: boolean;
  readonly withRealMoney: boolean;
}

interface Parts {
  readonly asked: Asked;
  readonly isTest: boolean;
  readonly mobilePay: MobilePay;
  readonly context: CommandContext;
}

async function optionsIn(argv: readonly string[], currency: Currency): Promise<Asked> {
  const { file, phone, "in-app": inApp, "with-real-money": withRealMoney } = argumentsIn(argv, { options }).values;
  const phoneNumber = phone === undefined ? undefined : await msisdnOf(phone, currency);
  if (phone !== undefined && phoneNumber === undefined)
    throw new UsageError("--phone must be a phone number, best with its country code, such as +4512345678");
  return { file, inApp, withRealMoney, ...(phoneNumber !== undefined && { phoneNumber }) };
}

/** What is not surely for tests may be somebody's money. */
function isTestEnvironment(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return hostname === "apitest.vipps.no" || hostname === "localhost" || /^(127\.[\d.]+|\[::1\])$/.test(hostname);
}

function withRealMoneyWords(baseUrl: string): string {
  return `${baseUrl} is not MobilePay's test environment. With --with-real-money three payments of 2.00 each are approved by hand and given back at once`;
}

async function checklist({ asked, isTest, mobilePay, context }: Parts): Promise<number> {
  const { world, print } = context;
  const facts = await newFacts(mobilePay, context);
  await endOfTheLast(asked.file, facts, mobilePay, context);
  await write(asked.file, checklistText(facts, undefined));
  const done = await runChecklist(runOf({ asked, isTest, mobilePay, context }, facts.references));
  const left = await cleanAll(facts.references, mobilePay, context);
  const text = checklistText({ ...facts, left }, done);
  await write(asked.file, text);
  if (left.length > 0) print(`Left over, to be settled in MobilePay's business portal: ${left.join(", ")}`);
  print(
    `${asked.file}: ${isWhole(done) ? "every call was done" : "not every call was done"}. ${new Date(world.now()).toISOString()}`,
  );
  return isWhole(done) && left.length === 0 ? exitCodes.done : exitCodes.failed;
}

function isWhole(done: DoneLines): boolean {
  return lineNames.every((name) => done.get(name)?.outcome === "done");
}

async function newFacts(mobilePay: MobilePay, { config, version, world }: CommandContext): Promise<ChecklistFacts> {
  const { baseUrl, merchantSerialNumber, capture } = config().mobilepay;
  const name = randomBytes(4).toString("hex");
  const references = Array.from({ length: storiesMax }, (_none, index) => `checklist-${name}-${index + 1}`);
  const webhooks = await mobilePay.webhooks.list().catch(() => undefined);
  const startedAt = new Date(world.now()).toISOString();
  return { baseUrl, merchantSerialNumber, capture, version, references, webhooks, startedAt, left: [] };
}

function runOf({ asked, isTest, mobilePay, context }: Parts, references: readonly string[]): ChecklistRun {
  const { world, stop, print, config } = context;
  const { value, part } = isTest ? testMinor : realMinor;
  return {
    mobilePay,
    world,
    stop,
    references,
    amount: { currency: config().mobilepay.currency, value },
    part,
    isTest: isTest && !asked.inApp,
    tell: print,
    showCode: (content) => showCode(content, print),
    ...(asked.phoneNumber !== undefined && { phoneNumber: asked.phoneNumber }),
  };
}

async function showCode(content: string, print: (line: string) => void): Promise<void> {
  const { default: qrcode } = await import("qrcode");
  print(await qrcode.toString(content, { type: "terminal", small: true }));
  print(`       Scan this code with the app, or open ${content}`);
}

/** A run that was cut off has left its payments' names: whatever is reserved or taken for them is let go of first. */
async function endOfTheLast(
  file: string,
  facts: ChecklistFacts,
  mobilePay: MobilePay,
  context: CommandContext,
): Promise<void> {
  const before = await readFile(file, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new CommandError(`${file} cannot be read (${errorCode(error)})`);
  });
  if (before === undefined) return;
  if (!before.startsWith(title)) throw new UsageError(`${file} is no checklist of ours: name another with --file`);
  if (!before.includes(environmentLine(facts)))
    throw new UsageError(`${file} is about another environment or sales unit: name another with --file`);
  const references = new Set(before.match(/checklist-[0-9a-f]{8}-[1-4]/g));
  const left = await cleanAll([...references], mobilePay, context);
  if (left.length > 0) throw new CommandError(`still reserved or taken from the run before: ${left.join(", ")}`);
}

async function cleanAll(
  references: readonly string[],
  { gateway }: MobilePay,
  { world }: CommandContext,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const reference of references) if (!(await cleanUp(reference, gateway, world))) left.push(reference);
  return left;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(`${file} cannot be written (${errorCode(error)})`);
  }
}
