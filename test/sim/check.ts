import { apply, fold } from "../../daemon/payments/payment/fold.ts";
import {
  type RecordedEvent,
  isFinal,
  type Payment,
  refundedSoFar,
  refundsUnderWay,
} from "../../daemon/payments/payment/payment.ts";
import type { PaymentState } from "../../daemon/protocol/values.ts";
import type { Account } from "../support/bank.ts";
import { saleTotal } from "./pos.ts";
import { isWatched } from "./extra.ts";
import { type Acknowledged, paymentIdOf, saleOf } from "./promises.ts";
import type { Stage } from "./stage.ts";

/** A payment as the disk has it, and every state that it has been in. */
interface Kept {
  readonly payment: Payment;
  readonly events: readonly RecordedEvent[];
  readonly states: ReadonlySet<PaymentState>;
}

/** What is wrong when the sales are over and everything has come to rest: nothing, if Tillbridge keeps its promises. */
export async function findFaults(stage: Stage): Promise<string[]> {
  const { shop, promises } = stage;
  const readable = [...shop.disk.payments].filter(([paymentId]) => !promises.damaged.has(paymentId));
  const kept = new Map(readable.map(([paymentId, events]) => [paymentId, keptOf(events)] as const));
  const payments = [...kept.values()].map(({ payment }) => payment);
  return [
    ...[...shop.bank.accounts.values()].flatMap((account) =>
      promises.damaged.has(paymentIdOf(account.reference)) ? [] : compare(account, kept, promises.forgetful),
    ),
    ...doneTwice(stage),
    ...deniedAndDone(stage),
    ...receiptsWithoutMoney(stage, payments),
    ...[...kept.values()].flatMap(atRest),
    ...chargedTwice(stage, payments),
    ...(promises.forgetful ? [] : forgotten(stage, kept)),
    ...(await disbelieved(stage, payments)),
  ];
}

function keptOf(events: readonly RecordedEvent[]): Kept {
  const [first, ...rest] = events as [RecordedEvent, ...RecordedEvent[]]; // a payment on disk has events
  let payment = fold([first]);
  const states = new Set<PaymentState>();
  for (const event of rest) {
    states.add(payment.state);
    payment = apply(payment, event);
  }
  return { payment, events, states: states.add(payment.state) };
}

/** Bank and till agree to the øre, and nothing stays reserved. */
function compare(account: Account, kept: ReadonlyMap<string, Kept>, forgetful: boolean): string[] {
  const { reference, authorized, captured, cancelled, refunded, refundedInPortal } = account;
  const found = [...kept.values()].find(({ payment: { order } }) => order.reference === reference);
  const payment = found?.payment;
  const reserved = authorized - captured - cancelled;
  const left = captured - refunded;
  if (!found || !payment) return forgetful ? [] : [`${reference}: money at MobilePay that the till knows nothing of`];
  // A person has settled outside the till what is left.
  if (payment.decision === "settled") return [];
  const faults: string[] = [];
  if (reserved !== 0) faults.push(`${reference}: ${reserved} still reserved while ${payment.state}`);
  if (captured !== payment.captured) faults.push(`${reference}: ${captured} taken, the till says ${payment.captured}`);
  const ours = refundedSoFar(payment) - payment.refundedElsewhereMinor;
  // With an old image, a refund of our own may be taken for somebody else's, and then be asked for again.
  if (forgetful ? ours > refunded : ours !== refunded - refundedInPortal)
    faults.push(`${reference}: ${refunded} given back, ${refundedInPortal} in the portal, the till says ${ours}`);
  if (!forgetful && payment.refundedElsewhereMinor !== refundedInPortal)
    faults.push(`${reference}: ${refundedInPortal} given back in the portal, swept: ${payment.refundedElsewhereMinor}`);
  if (!forgetful && cancelled > 0 && !account.releasedElsewhere && !wasDecidedOn(found))
    faults.push(`${reference}: a reservation was released, and nobody decided so`);
  if (account.state === "CREATED") faults.push(`${reference}: still asks the customer while ${payment.state}`);
  if (payment.state !== "completed" && left !== 0) faults.push(`${reference}: ${left} kept although ${payment.state}`);
  return faults;
}

/** A person has decided at some time: what was asked for then may land after MobilePay has refused the same, and asked the person anew. */
function wasDecidedOn({ events }: Kept): boolean {
  return events.some(({ type }) => type === "decided");
}

function atRest({ payment, events }: Kept): string[] {
  const { reference } = payment.order;
  const faults: string[] = [];
  if (!isFinal(payment)) faults.push(`${reference}: never came to an end (${payment.state})`);
  if (refundsUnderWay(payment) > 0) faults.push(`${reference}: a refund never came to an end`);
  const adopted = events.some(({ type }) => type === "adopted");
  const settled = payment.decision === "settled";
  if (payment.state === "completed" && payment.receiptNumber === undefined && !adopted && !settled)
    faults.push(`${reference}: completed without a receipt`);
  if (payment.state === "refunded" && payment.decision !== "refund" && payment.refundedElsewhereMinor === 0)
    faults.push(`${reference}: given back, and nobody decided so`);
  const isPaidOrDecided = payment.state === "completed" || payment.decision !== undefined;
  if (payment.receiptNumber !== undefined && !isPaidOrDecided)
    faults.push(`${reference}: a receipt without money, and nobody was asked`);
  const rungUpAgain = events.findLastIndex((event) => event.type === "decided" && event.decision === "reRing");
  if (payment.state === "completed" && events.findLastIndex(({ type }) => type === "receiptMade") < rungUpAgain)
    faults.push(`${reference}: rung up again, and no receipt made for that`);
  return faults;
}

/** One key, one effect: whatever the till has forgotten, and however long ago it was. */
function doneTwice({ shop, plan }: Stage): string[] {
  if (!isWatched("putBack", plan.extra) && !isWatched("outage", plan.extra)) return [];
  const keys = new Set<string>();
  return shop.bank.effects.flatMap(({ operation, key }) => {
    const isSecond = key !== undefined && keys.has(key);
    if (key !== undefined) keys.add(key);
    return isSecond ? [`the ${operation} ${key} was carried out twice`] : [];
  });
}

/** What the till had never heard of, and nobody asked for again, has not come to be. */
function deniedAndDone({ shop, promises, plan }: Stage): string[] {
  if (!isWatched("told", plan.extra)) return [];
  return promises.denied.flatMap(({ what, id }) => {
    const isDone =
      what === "payment"
        ? shop.bank.accounts.has(`kassa1-${id}`)
        : shop.bank.effects.some(({ operation, key }) => operation === "refund" && key?.endsWith(`-r-${id}`));
    return isDone ? [`told: the ${what} ${id} was said not to exist, and was carried out`] : [];
  });
}

/** A receipt stands for money, or a person has been asked about it. */
function receiptsWithoutMoney({ plan }: Stage, payments: readonly Payment[]): string[] {
  if (!isWatched("receipts", plan.extra)) return [];
  return payments.flatMap(({ order, state, receiptNumber, captured, decision }) =>
    receiptNumber !== undefined && captured === 0 && decision === undefined
      ? [`receipts: ${order.reference} has a receipt and no money (${state}), and nobody was asked`]
      : [],
  );
}

function chargedTwice({ shop }: Stage, payments: readonly Payment[]): string[] {
  const faults: string[] = [];
  const paid = new Map<string, number>();
  for (const { reference, captured, refunded } of shop.bank.accounts.values()) {
    const payment = payments.find(({ order }) => order.reference === reference);
    const saleId = payment?.saleId ?? saleOf(reference);
    paid.set(saleId, (paid.get(saleId) ?? 0) + captured - refunded);
  }
  for (const [saleId, sum] of paid)
    if (sum > saleTotal.value) faults.push(`${saleId} was paid ${sum} instead of ${saleTotal.value}`);
  const captures = shop.bank.effects.filter(({ operation }) => operation === "capture");
  if (captures.length > new Set(captures.map(({ reference }) => reference)).size)
    faults.push("one payment was captured more than once");
  return faults;
}

/** Whatever was told or acknowledged is on disk for ever. */
function forgotten({ promises, shop }: Stage, kept: ReadonlyMap<string, Kept>): string[] {
  const acknowledged = promises.acknowledged.filter(({ paymentId }) => !promises.damaged.has(paymentId));
  const faults = acknowledged.filter((fact) => !isKept(fact, kept.get(fact.paymentId))).map(lost);
  for (const [paymentId, told] of promises.told) {
    if (promises.damaged.has(paymentId)) continue;
    for (const state of told)
      if (!kept.get(paymentId)?.states.has(state)) faults.push(`${paymentId} was said to be ${state}, and never was`);
  }
  for (const { fact, paymentId } of promises.acknowledged) {
    const payment = kept.get(paymentId)?.payment;
    if (fact !== "cancelled" || !payment || payment.decision === "reRing" || payment.decision === "settled") continue;
    const account = shop.bank.accounts.get(payment.order.reference);
    const left = (account?.captured ?? 0) - (account?.refunded ?? 0);
    if (left > 0) faults.push(`${paymentId} was cancelled, and ${left} is charged`);
  }
  return faults;
}

function lost(fact: Acknowledged): string {
  return `acknowledged and then forgotten: ${JSON.stringify(fact)}`;
}

function isKept(fact: Acknowledged, kept: Kept | undefined): boolean {
  if (!kept) return false;
  switch (fact.fact) {
    case "started":
      return true;
    case "cancelled":
      return (
        kept.events.some(({ type }) => type === "cancelRequested") ||
        isFinal(kept.payment) ||
        kept.states.has("cancelling")
      );
    case "completed":
      return kept.payment.receiptNumber === fact.receiptNumber || decidedAfter(kept, fact.receiptNumber);
    case "decided":
      return kept.events.some((event) => event.type === "decided" && event.decision === fact.decision);
    case "refund":
      return kept.payment.refunds.some(({ order }) => order.refundId === fact.refundId);
  }
}

/** A person has decided since then that the receipt is to be made anew, or the money to be given back. */
function decidedAfter({ events }: Kept, receiptNumber: string): boolean {
  const made = events.findIndex((event) => event.type === "receiptMade" && event.receiptNumber === receiptNumber);
  return made >= 0 && events.slice(made).some(({ type }) => type === "decided");
}

/** What the till says when asked is what the disk has. */
async function disbelieved({ shop, promises }: Stage, payments: readonly Payment[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { order, state, captured } of payments) {
    const view = await shop.act((till) => till.get(order.paymentId));
    if (view.state !== state || view.captured !== captured)
      faults.push(`${order.paymentId} is ${state} on disk, and said to be ${view.state}`);
  }
  const open = shop.payments.recoveryItems().filter(({ paymentId }) => !promises.damaged.has(paymentId));
  return open.length === 0 ? faults : [...faults, `${open.length} cases are left open`];
}
