import type { Logger } from "../../log/logger.ts";
import type { World } from "../../world.ts";
import { type Comparison, compare } from "./compare.ts";
import type { Gateway, NotFound, Snapshot } from "../ports/gateway.ts";
import { apply } from "../payment/fold.ts";
import { canHappen } from "../payment/machine.ts";
import { keysPerKindMax, type ReferencesAndKeys } from "../payment/references-and-keys.ts";
import { doubted, hasAmount, observe } from "../work/observe.ts";
import { isFinal, type Payment, type PaymentEvent } from "../payment/payment.ts";
import { hasTrait } from "../payment/state-traits.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentProcesses } from "../work/payment-processes.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { SweepReport, SweepStore } from "../ports/sweep-store.ts";

export interface SweepPorts {
  readonly store: Pick<PaymentStore, "list">;
  readonly sweeps: SweepStore;
  readonly processes: Pick<PaymentProcesses, "withPayment">;
  readonly gateway: Pick<Gateway, "getPayment" | "cancel">;
  readonly keys: ReferencesAndKeys;
  readonly world: World;
  readonly log: Logger;
  /** Ids of the payments that are not over, however old. */
  readonly open: () => readonly string[];
  /** A sale is under way: the sweep waits. */
  readonly busy: () => boolean;
}

const pageSize = 100;
/** Days of the busiest till; what is older was seen twice. */
const paymentsMax = 5000;
/** Of a till that was never swept before: about two days of a busy one. */
const firstPaymentsMax = 500;
/** At most five questions a second, far below MobilePay's limits, from each till of a chain. */
const betweenMs = 200;
/** A sale lasts longer. */
const busyMs = 5000;
/** A payment that moves while it is looked at is looked at again so often. */
const looksMax = 4;
/** What was not answered is asked about again so often: a minute in all. */
const roundsMax = 4;
/** So many in a row without an answer: it is MobilePay that does not answer. */
const missesMax = 5;
/** With more the sweep comes again another time. */
const unansweredMax = 20;
/** As long as the payments' own loop waits at most, whatever an answer asks for. */
const backoffMs = 20_000;
/** A person looks at the first few; the others are not named. */
const namedMax = 20;
const decidedBy = "nightly sweep";

type SweepOutcome = "agrees" | "released" | "withdrawn" | "different" | "unknown";

/**
 * Looks once more at every payment since the sweep before the last one, so that each is seen twice, a day apart: a request that
 * came late, a refund in MobilePay's portal. A reservation of a payment that is over here is voided, a request is withdrawn;
 * what took money, or may have gone with the goods, is put before a person. One question at a time, never during a sale. A payment
 * about which MobilePay does not answer keeps no other from being looked at. Resolves with undefined when `stop` aborted or MobilePay
 * did not answer at all; then all of it comes again.
 */
export async function sweep(ports: SweepPorts, stop: AbortSignal): Promise<SweepReport | undefined> {
  const [last, before] = await ports.sweeps.last(2);
  const ids = await since(before?.newest, ports.store);
  const outcomes = new Map<string, SweepOutcome>();
  let left: readonly string[] = [...new Set([...ids, ...ports.open(), ...(last?.unanswered ?? [])])];
  for (let round = 1; left.length > 0 && round <= roundsMax && !stop.aborted; round += 1) {
    if (round > 1) await ports.world.sleep(backoffMs, stop);
    left = await lookAtEach(left, outcomes, ports, stop);
  }
  const isAway = left.length > unansweredMax || (left.length > 0 && outcomes.size === 0);
  if (stop.aborted || isAway) return undefined;
  const swept = { ...sum(ids[0] ?? last?.newest, outcomes), ...(left.length > 0 && { unanswered: left }) };
  await ports.sweeps.append(swept);
  return swept;
}

/** Returns what is to be looked at again: first what was not asked about, since MobilePay did not answer any more. */
async function lookAtEach(
  paymentIds: readonly string[],
  outcomes: Map<string, SweepOutcome>,
  ports: SweepPorts,
  stop: AbortSignal,
): Promise<readonly string[]> {
  const unanswered: string[] = [];
  let misses = 0;
  for (const [index, paymentId] of paymentIds.entries()) {
    await waitUntilIdle(ports, stop);
    if (stop.aborted || misses >= missesMax) return [...paymentIds.slice(index), ...unanswered];
    const found = await ports.processes.withPayment(paymentId, async (process) => ({
      outcome: await checkPayment(process, ports, stop),
      process,
    }));
    misses = found?.outcome === "unknown" ? misses + 1 : 0;
    if (found?.outcome === "unknown") unanswered.push(paymentId);
    else if (found) outcomes.set(found.process.payment.order.reference, found.outcome);
  }
  return unanswered;
}

/** Ids of the payments from the newest back to `oldest` and, where it is known, not beyond it. */
async function since(oldest: string | undefined, store: SweepPorts["store"]): Promise<readonly string[]> {
  const most = oldest === undefined ? firstPaymentsMax : paymentsMax;
  const ids: string[] = [];
  let cursor: string | undefined;
  while (ids.length < most) {
    const page = await store.list({ limit: pageSize, ...(cursor !== undefined && { cursor }) });
    const end = oldest === undefined ? -1 : page.paymentIds.indexOf(oldest);
    ids.push(...(end < 0 ? page.paymentIds : page.paymentIds.slice(0, end)));
    cursor = page.cursor;
    if (end >= 0 || cursor === undefined) break;
  }
  return ids.slice(0, most);
}

async function waitUntilIdle({ world, busy }: SweepPorts, stop: AbortSignal): Promise<void> {
  await world.sleep(betweenMs, stop);
  while (busy() && !stop.aborted) await world.sleep(busyMs, stop);
}

/**
 * A payment whose loop is asking MobilePay anyway is left to it. One that was never requested is asked about too: the journal
 * may be an old one.
 */
async function checkPayment(process: PaymentProcess, ports: SweepPorts, stop: AbortSignal): Promise<SweepOutcome> {
  if (hasTrait(process.payment.state, "needsMobilePay")) return "agrees";
  let withdrawn = false;
  for (let looks = 1; looks <= looksMax && !stop.aborted; looks += 1) {
    const seen = await ports.gateway.getPayment(process.payment.order.reference);
    if (seen.kind === "unknown" || seen.kind === "refused") return "unknown";
    if (seen.kind === "ok" && hasOtherMoney(process.payment, seen.value)) {
      if (!process.insistence.hear(seen.value, ports.world.monotonicMs())) {
        await ports.world.sleep(backoffMs, stop);
        continue;
      }
    }
    const outcome = await applySnapshot(process, seen.kind === "ok" ? seen.value : seen, ports);
    if (outcome !== "again") return outcome === "agrees" && withdrawn ? "withdrawn" : outcome;
    withdrawn = true;
  }
  return "unknown";
}

/** Believes what MobilePay says, as the loops do; then voids or withdraws what is left over. */
async function applySnapshot(
  process: PaymentProcess,
  seen: Snapshot | NotFound,
  ports: SweepPorts,
): Promise<SweepOutcome | "again"> {
  let comparison: Comparison = "agrees";
  await process.change(
    (payment) => {
      const events = "kind" in seen ? [] : eventsOf(payment, seen);
      comparison = compare(events.reduce(after, payment), seen);
      return [...events, ...voidUnwanted(payment, events)];
    },
    { fromAnswer: true },
  );
  return settle(process, comparison, ports);
}

function eventsOf(payment: Payment, seen: Snapshot): readonly PaymentEvent[] {
  const events = observe(payment, seen);
  if (events !== "contradiction") return events;
  return hasOtherMoney(payment, seen) ? doubted(payment, seen) : [];
}

/** MobilePay has money of another amount under the reference, and no person has seen it. It must say so more than once. */
function hasOtherMoney(payment: Payment, seen: Snapshot): boolean {
  return seen.authorized > 0 && !hasAmount(payment, seen) && doubted(payment, seen).length > 0;
}

function after(payment: Payment, event: PaymentEvent): Payment {
  return apply(payment, { ...event, at: payment.updatedAt });
}

/** A mere reservation of a payment that was over here: the sale was given up or refused, the customer has gone. */
function voidUnwanted(payment: Payment, events: readonly PaymentEvent[]): readonly PaymentEvent[] {
  const found = events.reduce(after, payment);
  const isOurs = found.contradiction === undefined && found.receiptNumber === undefined;
  const reserved = isFinal(payment) && found.state === "needsDecision" && found.captured === 0;
  if (!isOurs || !reserved || !canHappen(found, "decided")) return [];
  return [{ type: "decided", decision: "refund", decidedBy, reason: "found reserved after the payment was over" }];
}

async function settle(
  process: PaymentProcess,
  comparison: Comparison,
  { gateway, keys, log }: SweepPorts,
): Promise<SweepOutcome | "again"> {
  const { reference } = process.payment.order;
  if (process.payment.decision === "refund" && process.payment.state === "refunding") return "released";
  if (comparison === "agrees") return "agrees";
  if (comparison === "requestLeft") {
    // From the other end of the keys than while the payment was open: "no such payment" sticks to those.
    await gateway.cancel(
      reference,
      keys.cancelKey(reference, "withdraw", keysPerKindMax - process.cancelsRefused),
      true,
    );
    process.cancelRefused();
    return "again";
  }
  log.error("a payment does not agree with MobilePay", { reference, agreement: comparison });
  return "different";
}

function sum(newest: string | undefined, outcomes: ReadonlyMap<string, SweepOutcome>): SweepReport {
  const having = (wanted: SweepOutcome) =>
    [...outcomes].filter(([, outcome]) => outcome === wanted).map(([name]) => name);
  return {
    ...(newest !== undefined && { newest }),
    checked: outcomes.size,
    released: having("released").length,
    withdrawn: having("withdrawn").length,
    different: having("different").slice(0, namedMax),
  };
}
