import { apply } from "../payment/fold.ts";
import { canHappen } from "../payment/machine.ts";
import { type Payment, type PaymentEvent, refundedSoFar, refundsUnderWay } from "../payment/payment.ts";
import type { NotFound, Snapshot } from "../ports/gateway.ts";

/**
 * What MobilePay's view of a payment teaches us: the events that have happened and are not yet journaled. What others did in the
 * portal or at another till is a fact like our own. `contradiction` when it cannot be true of this payment: another reference, amount
 * or currency, sums that do not add up, or that MobilePay itself has said to be higher. A contradiction teaches nothing; see `doubted`.
 */
export function observe(payment: Payment, seen: Snapshot): PaymentEvent[] | "contradiction" {
  if (!isAbout(payment, seen) || !addsUp(seen) || goesBackwards(payment, seen)) return "contradiction";
  const collector = new EventCollector(payment);
  if (payment.contradiction) collector.add({ type: "agreed" });
  const isAsked = payment.state === "requesting" || payment.state === "waitingForCustomer";
  if (isAsked && !lacksCode(payment, seen)) collector.add({ type: "created" });
  if (seen.authorized > 0) observeMoney(collector, seen);
  else if (seen.state === "ABORTED") collector.add({ type: "rejected" });
  else if (seen.state === "EXPIRED") collector.add({ type: "expired" });
  else if (seen.state === "TERMINATED") collector.add({ type: "withdrawn" });
  return collector.events;
}

/**
 * What to keep of a contradiction that MobilePay insists on: a person has to see it. Another amount is kept with the event; one that
 * is kept already is no news.
 */
export function doubted(payment: Payment, seen: Snapshot | NotFound): PaymentEvent[] {
  const differs = !("kind" in seen) && !hasAmount(payment, seen);
  const amount = differs ? seen.amount : undefined;
  const known = payment.contradiction;
  const isKnown = known && known.amount?.value === amount?.value && known.amount?.currency === amount?.currency;
  if (isKnown || !canHappen(payment, "contradicted")) return [];
  return [{ type: "contradicted", ...(amount && { amount }) }];
}

function observeMoney(collector: EventCollector, seen: Snapshot): void {
  const part = (minor: number) => (minor === collector.payment.order.amount.value ? {} : { amountMinor: minor });
  if (seen.authorized > collector.payment.authorized) collector.add({ type: "authorized", ...part(seen.authorized) });
  if (seen.captured > collector.payment.captured) collector.add({ type: "captured", ...part(seen.captured) });
  if (seen.cancelled > collector.payment.cancelled) collector.add({ type: "released", ...part(seen.cancelled) });
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

function isAbout(payment: Payment, seen: Snapshot): boolean {
  return seen.reference === payment.order.reference && hasAmount(payment, seen);
}

/** Whether MobilePay's payment is of the amount and currency that was asked for. */
export function hasAmount({ order }: Payment, { amount }: Snapshot): boolean {
  return amount.value === order.amount.value && amount.currency === order.amount.currency;
}

/** Whether the sums can be true. Before an approval nothing is taken or given back; what is cancelled then is the request, and no money. */
export function addsUp({ state, amount, authorized, captured, cancelled, refunded }: Snapshot): boolean {
  const sums = [authorized, captured, cancelled, refunded];
  const isApproved = authorized > 0;
  return (
    sums.every((minor) => minor >= 0) &&
    authorized <= amount.value &&
    refunded <= captured &&
    (isApproved ? state !== "CREATED" : state !== "AUTHORIZED") &&
    (isApproved ? captured + cancelled <= authorized : captured === 0)
  );
}

function goesBackwards(payment: Payment, seen: Snapshot): boolean {
  return (
    seen.authorized < payment.authorized ||
    seen.captured < payment.captured ||
    seen.cancelled < payment.cancelled ||
    seen.refunded < refundedSoFar(payment) ||
    (seen.authorized === 0 && payment.state === "rejected" && seen.state !== "ABORTED") ||
    (seen.authorized === 0 && payment.state === "expired" && payment.create !== undefined && seen.state !== "EXPIRED")
  );
}
