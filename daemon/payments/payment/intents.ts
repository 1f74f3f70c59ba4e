import type { ReferencesAndKeys } from "./references-and-keys.ts";
import { kept, type Payment, type PaymentEvent, type PaymentOrder } from "./payment.ts";
import type { FoundCustomer, RequestBodies } from "./request-bodies.ts";

/** A customer who scanned the till's tag. `ageSeconds` by MobilePay's time; `others`: how many more did so meanwhile. */
export interface UsedCheckIn {
  readonly customerToken: string;
  readonly ageSeconds: number;
  readonly others: number;
}

/** Of the gateway only what is pure. */
export interface IntentTools {
  readonly gateway: RequestBodies;
  readonly keys: ReferencesAndKeys;
}

/** The intent to create: its key and exact body, to be durable before the request leaves. */
export function requested(
  order: PaymentOrder,
  customer: FoundCustomer,
  { gateway, keys }: IntentTools,
  checkIn?: UsedCheckIn,
): PaymentEvent {
  const { reference, amount, description, receipt } = order;
  const body = gateway.createBody({
    reference,
    amount,
    customer,
    ...(description !== undefined && { description }),
    ...(receipt && { receipt }),
  });
  const seen = checkIn && { ageSeconds: checkIn.ageSeconds, others: checkIn.others };
  return { type: "requested", key: keys.createKey(reference), body, ...(seen && { checkIn: seen }) };
}

/** The intent to take the money that the customer has approved, or the rest where others took a part. */
export function captureIntent(
  { order, captured, capturesRefused }: Payment,
  { gateway, keys }: IntentTools,
): PaymentEvent {
  return {
    type: "captureRequested",
    key: keys.captureKey(order.reference, capturesRefused + 1),
    body: gateway.amountBody({ ...order.amount, value: order.amount.value - captured }),
  };
}

/** The decision to give the money back is on disk; this is the request that carries it out. */
export function refundIntent(payment: Payment, { gateway, keys }: IntentTools): PaymentEvent {
  const { order, refunds } = payment;
  const amount = { ...order.amount, value: kept(payment) };
  const decided = keys.decidedRefund(order.reference, refunds.length + 1);
  return { type: "refundStarted", refund: { ...decided, amount, body: gateway.amountBody(amount), byDecision: true } };
}
