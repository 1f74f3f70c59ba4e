import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import { stageOf } from "../../protocol/payment-stage.ts";
import type { Customer } from "../../protocol/values.ts";
import { apply } from "./fold.ts";
import type { IntentTools } from "./intents.ts";
import { canHappen } from "./machine.ts";
import { fingerprint, type ReferencesAndKeys } from "./references-and-keys.ts";
import type { Payment, PaymentEvent, PaymentOrder, RefundOrder } from "./payment.ts";
import type { FoundCustomer } from "./request-bodies.ts";
import { checkRefund } from "./rules.ts";

export function orderOf(
  params: Params<"payment.start">,
  keys: ReferencesAndKeys,
  capture: PaymentOrder["capture"],
): PaymentOrder {
  return {
    paymentId: params.paymentId,
    saleId: params.sale.saleId,
    reference: keys.reference(params.paymentId),
    amount: params.amount,
    customer: params.customer,
    capture,
    fingerprint: fingerprint(params),
    ...(params.description !== undefined && { description: params.description }),
    ...(params.receipt && { receipt: params.receipt }),
  };
}

/** The customer, where the order itself already says who it is. */
export function knownCustomer(customer: Customer): FoundCustomer | undefined {
  if (customer.by === "customerQr")
    return customer.content === undefined ? undefined : { by: "customerQr", content: customer.content };
  return customer.by === "tillTag" ? undefined : customer;
}

/** Of a payment that is given up: see `PaymentEvent`. */
export interface OutcomeDoubt {
  readonly inDoubt?: true;
}

/**
 * The cashier's request to withdraw. A payment that ended without money needs none; one that took money cannot be withdrawn, nor
 * one that a person has decided on: that is done once.
 */
export function cancelled(payment: Payment, doubt: OutcomeDoubt = {}): PaymentEvent[] {
  const settled = payment.receiptNumber !== undefined || payment.decision !== undefined;
  if (!settled && canHappen(payment, "cancelRequested")) return [{ type: "cancelRequested", ...doubt }];
  if (payment.state === "cancelling" || stageOf(payment.state) === "unpaid") return [];
  throw new BridgeError("NOT_CANCELLABLE", { state: payment.state });
}

/** The receipt was made. Repeating it with the same number changes nothing. `mobilePayAt`: MobilePay's time, where it is known. */
export function completed(payment: Payment, receiptNumber: string, mobilePayAt?: number): PaymentEvent[] {
  if (payment.receiptNumber === receiptNumber) return [];
  if (!canHappen(payment, "receiptMade") || !wasPaid(payment))
    throw new BridgeError("NOT_COMPLETABLE", { state: payment.state });
  return [{ type: "receiptMade", receiptNumber, ...(mobilePayAt !== undefined && { mobilePayAt }) }];
}

/** The till may have said that it was paid, and nobody has decided on it: then a receipt of it counts, even without money. */
function wasPaid({ authorized, decision }: Payment): boolean {
  return authorized > 0 && (decision === undefined || decision === "reRing");
}

/**
 * The intent to refund. A repeat with the same id changes nothing; the same id for something else is refused. `applied`: MobilePay
 * has carried this very refund out before the journal was lost; it was taken over as refunded elsewhere, and now is our own again.
 */
export function refunding(
  payment: Payment,
  { refundId, amount, reason }: Params<"refund.start">,
  { gateway, keys }: IntentTools,
  applied = false,
): PaymentEvent[] {
  const known = payment.refunds.find((refund) => refund.order.refundId === refundId);
  if (known && known.order.amount.value === amount.value && known.order.amount.currency === amount.currency) return [];
  if (known) throw new BridgeError("REFUND_CONFLICT");
  const elsewhere = payment.refundedElsewhereMinor - amount.value;
  // A purchase of which an older journal knows only that all was given back stays so.
  const isRecounted = applied && elsewhere >= 0 && canHappen(payment, "refundedElsewhere");
  const recount: PaymentEvent[] = isRecounted ? [{ type: "refundedElsewhere", amountMinor: elsewhere }] : [];
  checkRefund(
    recount.reduce((before, event) => apply(before, { ...event, at: before.updatedAt }), payment),
    amount,
  );
  const refund: RefundOrder = {
    refundId,
    amount,
    key: keys.refundKey(refundId),
    body: gateway.amountBody(amount),
    ...(reason !== undefined && { reason }),
  };
  const done: PaymentEvent[] = recount.length > 0 ? [{ type: "refunded", refundId }] : [];
  return [...recount, { type: "refundStarted", refund }, ...done];
}
