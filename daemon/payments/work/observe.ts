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
  const collector = new EventCollector(payment);
  const isAsked = payment.state === "requesting" || payment.state === "waitingForCustomer";
  if (isAsked && !lacksCode(payment, seen)) collector.add({ type: "created" });
  if (seen.state === "ABORTED") collector.add({ type: "rejected" });
  if (seen.state === "EXPIRED") collector.add({ type: "expired" });
  if (seen.state === "TERMINATED") collector.add({ type: "withdrawn" });
  if (seen.state === "AUTHORIZED") observeMoney(collector, seen);
  return collector.events;
}

function observeMoney(collector: EventCollector, seen: Snapshot): void {
  if (collector.payment.authorized === 0) collector.add({ type: "authorized" });
  if (seen.captured > 0 && collector.payment.captured === 0) collector.add({ type: "captured" });
  if (seen.cancelled > 0 && collector.payment.cancelled === 0) collector.add({ type: "released" });
  const elsewhere = seen.refunded - refundedSoFar(collector.payment);
  if (elsewhere > 0 && refundsUnderWay(collector.payment) === 0) {
    collector.add({ type: "refundedElsewhere", amountMinor: collector.payment.refundedElsewhereMinor + elsewhere });
  }
}

/** Collects events, each checked against the state that the ones before it lead to. */
class EventCollector {
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

/** Nobody can pay by a code that is not shown, and its text comes with the request's own answer: the request is sent once more. */
function lacksCode({ order }: Payment, { state }: Snapshot): boolean {
  return order.customer.by === "screenQr" && state === "CREATED";
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
