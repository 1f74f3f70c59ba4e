import type { PaymentEvent, PaymentOrder } from "../../daemon/payments/payment/payment.ts";
import type { PaymentRow } from "../../daemon/payments/ports/store.ts";

/** A payment's first event, for tests of what keeps payments. */
export function started(paymentId: string, change: Partial<PaymentOrder> = {}): PaymentEvent {
  return {
    type: "started",
    order: {
      paymentId,
      saleId: `sale-${paymentId}`,
      reference: `reference-${paymentId}`,
      amount: { currency: "DKK", value: 4990 },
      customer: { by: "tillTag" },
      capture: "onApproval",
      fingerprint: "0".repeat(64),
      ...change,
    },
  };
}

export function rowOf(paymentId: string, change: Partial<PaymentRow> = {}): PaymentRow {
  return {
    saleId: `sale-${paymentId}`,
    reference: `reference-${paymentId}`,
    state: "waitingForCustomer",
    open: true,
    startedAt: 1_795_000_000_000,
    refundIds: [],
    ...change,
  };
}
