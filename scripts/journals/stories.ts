import type { PaymentEvent, PaymentOrder } from "../../daemon/payments/payment.ts";

const intent = (key: string) => ({ key, body: JSON.stringify({ amount: { currency: "DKK", value: 4990 } }) });
const failure = { code: "MOBILEPAY_REFUSED", message: "MobilePay refused it." };

/** Pasts of payments, together with every event that a journal can hold. */
export function stories(year: string): Readonly<Record<string, readonly PaymentEvent[]>> {
  const started = (name: string, change: Partial<PaymentOrder> = {}): PaymentEvent => ({
    type: "started",
    order: {
      paymentId: `${name}-${year}`,
      saleId: `sale-${name}-${year}`,
      reference: `kassa-1-${name}-${year}`,
      amount: { currency: "DKK", value: 4990 },
      customer: { by: "tillTag" },
      capture: "onApproval",
      fingerprint: "0".repeat(64),
      ...change,
    },
  });
  const requested: PaymentEvent = { type: "requested", ...intent("create"), checkIn: { ageSeconds: 4, others: 1 } };
  const captured: readonly PaymentEvent[] = [
    { type: "authorized" },
    { type: "captureRequested", ...intent("capture") },
    { type: "captured" },
  ];
  const sold = (receiptNumber: string): readonly PaymentEvent[] => [
    requested,
    { type: "created" },
    ...captured,
    { type: "receiptMade", receiptNumber },
  ];
  const refund = (refundId: string, value: number): PaymentEvent => ({
    type: "refundStarted",
    refund: {
      refundId: `${refundId}-${year}`,
      amount: { currency: "DKK", value },
      ...intent(refundId),
      reason: "Return",
    },
  });
  return {
    sold: [started("sold", { description: "Kaffe", customer: { by: "screenQr" } }), ...sold(`R-1-${year}`)],
    returned: [
      started("returned"),
      ...sold(`R-2-${year}`),
      refund("refund-1", 1000),
      { type: "refunded", refundId: `refund-1-${year}` },
      refund("refund-2", 2000),
      { type: "refundRefused", refundId: `refund-2-${year}`, failure },
      { type: "refundedElsewhere", amountMinor: 500 },
    ],
    refused: [started("refused"), requested, { type: "createRefused", failure }],
    rejected: [started("rejected"), requested, { type: "created", qrContent: "https://qr" }, { type: "rejected" }],
    expired: [started("expired"), { type: "expired" }],
    givenUp: [started("givenUp"), requested, { type: "cancelRequested" }, { type: "neverReached" }],
    withdrawn: [started("withdrawn"), requested, { type: "created" }, { type: "abandoned" }, { type: "withdrawn" }],
    adopted: [started("adopted"), { type: "adopted" }],
    uncaptured: [
      started("uncaptured"),
      requested,
      { type: "created" },
      { type: "authorized" },
      { type: "captureRequested", ...intent("capture") },
      { type: "captureRefused", failure },
      { type: "released" },
    ],
    rungUpAgain: [
      started("rungUpAgain"),
      requested,
      { type: "created" },
      ...captured,
      { type: "abandoned" },
      { type: "decided", decision: "reRing", decidedBy: "Kim", reason: "Power cut", saleId: `sale-again-${year}` },
      { type: "receiptMade", receiptNumber: `R-3-${year}` },
    ],
    ...(year === "2026" && {
      open: [started("open", { capture: "onReceipt" }), requested, { type: "created" }, { type: "authorized" }],
      undecided: [started("undecided"), requested, { type: "created" }, ...captured, { type: "abandoned" }],
      givingBack: [
        started("givingBack"),
        requested,
        { type: "created" },
        ...captured,
        { type: "abandoned" },
        { type: "decided", decision: "refund" },
        refund("refund-3", 4990),
      ],
    }),
  };
}
