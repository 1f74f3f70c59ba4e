import { nextState } from "./machine.ts";
import type { RecordedEvent, Intent, Payment, PaymentEvent, PaymentOrder, Refund } from "./payment.ts";

/** The payment after all of `events`. The first must be `started`. */
export function fold(events: readonly RecordedEvent[]): Payment {
  const [first, ...rest] = events;
  if (first?.type !== "started") throw new Error("assertion failed: a payment begins with started");
  return rest.reduce(apply, begin(first.order, first.at));
}

/** The payment after one more event. Throws when the event cannot happen in this state: that would be our own mistake. */
export function apply(payment: Payment, event: RecordedEvent): Payment {
  const after = learn(payment, event);
  const asksAnew = after.state === "needsDecision" && payment.state !== "needsDecision";
  return asksAnew ? without(after, "decision") : after;
}

function learn(payment: Payment, event: RecordedEvent): Payment {
  const next = { ...payment, state: nextState(payment, event), updatedAt: event.at };
  const whole = payment.order.amount.value;
  switch (event.type) {
    case "requested":
      return { ...next, create: intent(event), ...(event.checkIn && { checkIn: event.checkIn }) };
    case "created":
      return { ...next, ...(event.qrContent !== undefined && { qrContent: event.qrContent }) };
    case "createRefused":
      return { ...next, failure: event.failure };
    case "authorized":
      return { ...next, authorized: event.amountMinor ?? whole, authorizedAt: event.at };
    case "captureRequested":
      return { ...without(next, "failure"), capture: intent(event) };
    case "adopted":
      return { ...next, captured: event.amountMinor ?? whole, authorized: whole };
    case "captured":
      return { ...overtaken(next, event.amountMinor ?? whole), captured: event.amountMinor ?? whole };
    case "captureRefused":
      return {
        ...without(next, "capture"),
        failure: event.failure,
        capturesRefused: payment.capturesRefused + 1,
      };
    case "released":
      return { ...next, cancelled: event.amountMinor ?? whole };
    case "releaseRefused":
      return { ...next, failure: event.failure };
    case "contradicted":
      return { ...next, contradiction: event.amount ? { amount: event.amount } : {} };
    case "agreed":
      return without(next, "contradiction");
    case "receiptMade":
      return { ...next, receiptNumber: event.receiptNumber, sold: sold(event) };
    case "decided":
      return { ...decided(payment, next, event), decision: event.decision, saleId: event.saleId ?? payment.saleId };
    case "refundStarted":
      return {
        ...next,
        refunds: [
          ...payment.refunds,
          { order: event.refund, state: "refunding", startedAt: event.at, updatedAt: event.at },
        ],
      };
    case "refunded":
      return { ...next, refunds: settle(payment, event.refundId, { state: "refunded", updatedAt: event.at }) };
    case "refundRefused":
      return refundRefused(payment, next, event);
    case "refundedElsewhere":
      return { ...next, refundedElsewhereMinor: event.amountMinor };
    default:
      return next;
  }
}

function begin(order: PaymentOrder, at: number): Payment {
  return {
    order,
    saleId: order.saleId,
    state: "waitingForCustomer",
    authorized: 0,
    captured: 0,
    cancelled: 0,
    capturesRefused: 0,
    refunds: [],
    refundedElsewhereMinor: 0,
    startedAt: at,
    updatedAt: at,
  };
}

/** A capture of the whole cannot succeed any more once others have taken a part. */
function overtaken(next: Payment, captured: number): Payment {
  if (captured >= next.order.amount.value || !next.capture) return next;
  return { ...without(next, "capture"), capturesRefused: next.capturesRefused + 1 };
}

/**
 * Ringing up again makes a new receipt: one that was made before the money was there no longer counts, unless it was decided to go on
 * taking the money for it.
 */
function decided({ state }: Payment, next: Payment, { decision }: PaymentEvent & { type: "decided" }): Payment {
  return decision === "reRing" && state !== "capturing"
    ? without(next, "failure", "receiptNumber")
    : without(next, "failure");
}

/** A refused recovery refund hands the decision back to a person; any other refused refund changes nothing but itself. */
function refundRefused(payment: Payment, next: Payment, event: RecordedEvent & { type: "refundRefused" }): Payment {
  const refunds = settle(payment, event.refundId, { state: "failed", failure: event.failure, updatedAt: event.at });
  return { ...next, refunds, ...(payment.state === "refunding" && { failure: event.failure }) };
}

function sold({ at, mobilePayAt }: RecordedEvent & { type: "receiptMade" }): NonNullable<Payment["sold"]> {
  return { at, ...(mobilePayAt !== undefined && { mobilePayAt }) };
}

function settle(payment: Payment, refundId: string, change: Partial<Refund>): Refund[] {
  return payment.refunds.map((refund) => (refund.order.refundId === refundId ? { ...refund, ...change } : refund));
}

function intent({ key, body }: Intent): Intent {
  return { key, body };
}

function without<Key extends "failure" | "capture" | "decision" | "receiptNumber" | "contradiction">(
  payment: Payment,
  ...keys: Key[]
): Omit<Payment, Key> & Partial<Pick<Payment, Key>> {
  const copy: { -readonly [K in keyof Payment]: Payment[K] } = { ...payment };
  for (const key of keys) delete copy[key as "failure"];
  return copy;
}
