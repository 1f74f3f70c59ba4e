import { errorCode } from "../../errno.ts";
import { describe, type Inspection, inspectJournal } from "../../journal/inspect.ts";
import { silentLogger } from "../../log/logger.ts";
import { createMobilePay } from "../../mobilepay/client.ts";
import { prefixOf } from "../../payments/payment/references-and-keys.ts";
import {
  isSettled,
  type PaymentPast,
  type Reconciled,
  reconcile,
  type ReconcilePorts,
} from "../../payments/reconcile/reconcile.ts";
import { type ShopDay, type ShopTime, shopDateAt, shopDayOf, shopTimeOf } from "../../payments/reconcile/shop-day.ts";
import { argumentsIn } from "../arguments.ts";
import { type Command, CommandError, type CommandContext, exitCodes, UsageError } from "../command.ts";
import { jsonOf, linesOf } from "./output.ts";

/** `tillbridge reconcile`: a day's payments beside MobilePay's. Changes nothing; works whether or not the service runs. */
export const reconcileCommand: Command = async (argv, context) => {
  const { date, json, all } = optionsIn(argv);
  const { mobilepay, till } = context.config();
  const time = shopTimeOf(mobilepay.currency, mobilepay.ledgerStartsAtHour);
  const day = dayOf(date ?? shopDateAt(context.world.now(), time), time);
  const found = await withJournal(context, (journal) => reconcileDay(journal, { day, time }, context));
  const shown = { date: day.date, tillId: till.id, timeZone: time.timeZone, all };
  if (json) context.print(JSON.stringify(jsonOf(found, shown)));
  else for (const line of linesOf(found, shown)) context.print(line);
  return isSettled(found) ? exitCodes.done : exitCodes.failed;
};

function optionsIn(argv: readonly string[]): { date: string | undefined; json: boolean; all: boolean } {
  const options = {
    day: { type: "string" },
    json: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  } as const;
  const { day, json, all } = argumentsIn(argv, { options }).values;
  return { date: day, json, all };
}

function dayOf(date: string, time: ShopTime): ShopDay {
  const day = shopDayOf(date, time);
  if (day === undefined) throw new UsageError(`--day must be a date such as 2026-11-23`);
  return day;
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
  when: { readonly day: ShopDay; readonly time: ShopTime },
  context: CommandContext,
): Promise<Reconciled> {
  const { mobilepay, till } = context.config();
  const identity = { ...mobilepay, systemName: "tillbridge", systemVersion: context.version };
  const client = createMobilePay({ ...identity, world: context.world, log: silentLogger });
  const { gateway, ledger } = client;
  const prefix = `${prefixOf(till.id)}-`;
  try {
    return await reconcile({ ...when, gateway, ledger, prefix, now: context.world.now(), ...pastsIn(journal) });
  } finally {
    client.close();
  }
}

function pastsIn(journal: Inspection): Pick<ReconcilePorts, "payments" | "find"> {
  return {
    payments: async (from, to) => {
      const ids = new Set([...(await journal.touched(from, to)), ...(await journal.open())]);
      const pasts: PaymentPast[] = [];
      for (const id of ids) pasts.push(...(await pastOf(journal, id)));
      return pasts;
    },
    find: async (reference) => {
      const [paymentId] = await journal.find(reference);
      return paymentId === undefined ? undefined : (await pastOf(journal, paymentId))[0];
    },
  };
}

/** None when it has no events. */
async function pastOf(journal: Inspection, paymentId: string): Promise<readonly PaymentPast[]> {
  const past = await journal.past(paymentId);
  return past ? [past] : [];
}
