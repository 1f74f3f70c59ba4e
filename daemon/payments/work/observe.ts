import { apply } from "../payment/fold.ts";
import { canHappen } from "../payment/machine.ts";
import { type Payment, type PaymentEvent, refundedSoFar, refundsUnderWay } from "../payment/payment.ts";
import type { Snapshot } from "../ports/gateway.ts";

/**
 * What MobilePay's view of a payment teaches us: the events that have happened and are not yet journaled.
 * `contradiction` when it cannot be true: another amount or currency, part of the money, or a state that went backwards.
 * A contradiction is not believed and teaches nothing.
 */
export function observe(payment: Payment, seen: Snapshot): PaymentEvent[] | "contradiction" {
  if (!isAbout(payment, seen) || goesBackwards(payment, seen)) return "contradiction";
  const learnt = new Learning(payment);
  if (payment.state === "requesting" || payment.state === "waitingForCustomer") learnt.add(created(seen));
  if (seen.state === "ABORTED") learnt.add({ type: "rejected" });
  if (seen.state === "EXPIRED") learnt.add({ type: "expired" });
  if (seen.state === "TERMINATED") learnt.add({ type: "withdrawn" });
  if (seen.state === "AUTHORIZED") learnMoney(learnt, seen);
  return learnt.events;
}

function learnMoney(learnt: Learning, seen: Snapshot): void {
  if (learnt.payment.authorized === 0) learnt.add({ type: "authorized" });
  if (seen.captured > 0 && learnt.payment.captured === 0) learnt.add({ type: "captured" });
  if (seen.cancelled > 0 && learnt.payment.cancelled === 0) learnt.add({ type: "released" });
  const elsewhere = seen.refunded - refundedSoFar(learnt.payment);
  if (elsewhere > 0 && refundsUnderWay(learnt.payment) === 0) {
    learnt.add({ type: "refundedElsewhere", amountMinor: learnt.payment.refundedElsewhereMinor + elsewhere });
  }
}

/** Collects events, each checked against the state that the ones before it lead to. */
class Learning {
  payment: Payment;
  readonly events: PaymentEvent[] = [];

  constructor(payment: Payment) {
    this.payment = payment;
  }

  add(event: PaymentEvent): void {
    if (!canHappen(this.payment, event.type)) return;
    this.payment = apply(this.payment, { ...event, at: this.payment.updatedAt });
    this.events.push(event);
  }
}

function created(seen: Snapshot): PaymentEvent {
  return { type: "created", ...(seen.qrContent !== undefined && { qrContent: seen.qrContent }) };
}

/** We reserve, take and release only whole amounts: any other figure is not about this payment as we know it. */
function isAbout(payment: Payment, seen: Snapshot): boolean {
  const { reference, amount } = payment.order;
  const whole = (minor: number) => minor === 0 || minor === amount.value;
  return (
    seen.reference === reference &&
    seen.amount.value === amount.value &&
    seen.amount.currency === amount.currency &&
    whole(seen.authorized) &&
    whole(seen.captured) &&
    whole(seen.cancelled) &&
    seen.refunded <= seen.captured &&
    seen.captured + seen.cancelled <= amount.value &&
    (seen.state === "AUTHORIZED") === seen.authorized > 0
  );
}

function goesBackwards(payment: Payment, seen: Snapshot): boolean {
  return (
    seen.authorized < payment.authorized ||
    seen.captured < payment.captured ||
    seen.cancelled < payment.cancelled ||
    seen.refunded < refundedSoFar(payment) ||
    (payment.state === "rejected" && seen.state !== "ABORTED") ||
    (payment.state === "expired" && payment.create !== undefined && seen.state !== "EXPIRED")
  );
}
