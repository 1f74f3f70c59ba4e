import { errorCode } from "../../errno.ts";
import { describe, type Inspection, inspectJournal } from "../../journal/inspect.ts";
import { silentLogger } from "../../log/logger.ts";
import { createMobilePay } from "../../mobilepay/client.ts";
import { prefixOf } from "../../payments/payment/references-and-keys.ts";
import type { Payment } from "../../payments/payment/payment.ts";
import { isSettled, type Reconciled, reconcile } from "../../payments/reconcile/reconcile.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { jsonOf, linesOf } from "./output.ts";

/** `tillbridge reconcile`: a day's payments beside MobilePay's. Changes nothing; works whether or not the service runs. */
export const reconcileCommand: Command = async (argv, context) => {
  const { day, json, all } = optionsIn(argv, context.world.now());
  const found = await withJournal(context, (journal) => reconcileDay(journal, day, context));
  const shown = { date: day.date, tillId: context.config().till.id, all };
  if (json) context.print(JSON.stringify(jsonOf(found, shown)));
  else for (const line of linesOf(found, shown)) context.print(line);
  return isSettled(found) ? exitCodes.done : exitCodes.failed;
};

/** From midnight to midnight where the till is; milliseconds since 1970. */
interface Day {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

function optionsIn(argv: readonly string[], now: number): { day: Day; json: boolean; all: boolean } {
  const options = {
    day: { type: "string" },
    json: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  } as const;
  const { day, json, all } = argumentsIn(argv, { options }).values;
  return { day: dayOf(day ?? localDate(now)), json, all };
}

function dayOf(date: string): Day {
  const [year = 0, month = 0, day = 0] = /^\d{4}-\d{2}-\d{2}$/.test(date) ? date.split("-").map(Number) : [];
  const from = new Date(year, month - 1, day).getTime();
  if (year === 0 || localDate(from) !== date) throw new UsageError(`--day must be a date such as 2026-11-23`);
  return { date, from, to: new Date(year, month - 1, day + 1).getTime() - 1 };
}

function localDate(ms: number): string {
  // Sweden writes dates as ISO does.
  return new Date(ms).toLocaleDateString("sv-SE");
}

async function withJournal<Value>(
  context: CommandContext,
  use: (journal: Inspection) => Promise<Value>,
): Promise<Value> {
  const journal = await openJournal(context.config().dataDir);
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

async function openJournal(dataDir: string): Promise<Inspection> {
  const found = await inspectJournal(dataDir).catch((error: unknown) => {
    throw new CommandError(`the journal cannot be read: ${describe(error)} (${errorCode(error)})`);
  });
  if (found === undefined) throw new CommandError("there is no journal here yet");
  return found;
}

async function reconcileDay(
  journal: Inspection,
  { date, from, to }: Day,
  context: CommandContext,
): Promise<Reconciled> {
  const { mobilepay, till } = context.config();
  const identity = { ...mobilepay, systemName: "tillbridge", systemVersion: context.version };
  const client = createMobilePay({ ...identity, world: context.world, log: silentLogger });
  try {
    const ids = new Set([...(await journal.touched(from, to)), ...(await journal.open())]);
    const { gateway, ledger } = client;
    const prefix = `${prefixOf(till.id)}-`;
    const payments = await loaded(journal, [...ids]);
    const find = async (reference: string) => {
      const [paymentId] = await journal.find(reference);
      return paymentId === undefined ? undefined : journal.payment(paymentId);
    };
    return await reconcile({ gateway, ledger, payments, prefix, date, now: context.world.now(), find });
  } finally {
    client.close();
  }
}

async function loaded(journal: Inspection, ids: readonly string[]): Promise<readonly Payment[]> {
  const payments: Payment[] = [];
  for (const id of ids) {
    const payment = await journal.payment(id);
    if (payment) payments.push(payment);
  }
  return payments;
}
