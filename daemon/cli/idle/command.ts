import { parseArgs } from "node:util";
import { inspectJournal } from "../../journal/inspect.ts";
import { type Payment, refundsUnderWay } from "../../payments/payment/payment.ts";
import type { World } from "../../world.ts";
import { type Command, exitCodes, UsageError } from "../command.ts";

/** What waits longer than this waits for a person or for MobilePay, and does not mind a restart: so nothing is held up for ever. */
const activeMsMax = 15 * 60_000;
/** A sale lasts minutes. */
const askEveryMs = 1000;
/** No upgrade waits longer; dpkg does not either. */
const waitSecondsMax = 3600;

/**
 * `tillbridge idle [--wait SECONDS]`: whether the till may be stopped now, for upgrades and planned reboots. Asks the journal, so it
 * answers whether or not the service runs. Exit code 3: a payment is open.
 */
export const idleCommand: Command = async (argv, { config, world, stop, print }) => {
  const until = world.monotonicMs() + secondsIn(argv) * 1000;
  const { dataDir } = config();
  let active = await activePayment(dataDir, world);
  while (active !== undefined && world.monotonicMs() < until && !stop.aborted) {
    await world.sleep(askEveryMs, stop);
    active = await activePayment(dataDir, world);
  }
  print(
    active === undefined ? "No payment is open." : `a payment is open (${active.order.reference}, ${active.state})`,
  );
  return active === undefined ? exitCodes.done : exitCodes.taken;
};

function secondsIn(argv: readonly string[]): number {
  try {
    const { values } = parseArgs({ args: [...argv], options: { wait: { type: "string", default: "0" } } });
    const seconds = Number(values.wait);
    if (/^\d+$/.test(values.wait) && seconds <= waitSecondsMax) return seconds;
  } catch {
    // Said below.
  }
  throw new UsageError(`idle takes --wait SECONDS (at most ${waitSecondsMax}) and nothing else`);
}

/** A payment in which money may move this very moment. */
export async function activePayment(dataDir: string, world: World): Promise<Payment | undefined> {
  const journal = await inspectJournal(dataDir);
  if (journal === undefined) return undefined;
  try {
    for (const paymentId of await journal.open()) {
      const payment = await journal.payment(paymentId);
      if (payment !== undefined && isActive(payment) && world.now() - lastChange(payment) < activeMsMax) return payment;
    }
    return undefined;
  } finally {
    await journal.close();
  }
}

/** Open, and not merely waiting for a person's decision. */
function isActive(payment: Payment): boolean {
  return payment.state !== "needsDecision" || refundsUnderWay(payment) > 0;
}

function lastChange({ updatedAt, refunds }: Payment): number {
  return Math.max(updatedAt, ...refunds.map((refund) => refund.updatedAt));
}
