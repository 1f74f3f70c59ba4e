import type { PaymentEvent, PaymentOrder } from "../../daemon/payments/payment/payment.ts";

const intent = (key: string) => ({ key, body: JSON.stringify({ amount: { currency: "DKK", value: 4990 } }) });
const failure = { code: "MOBILEPAY_REFUSED", message: "MobilePay refused it." };

/** Pasts of payments, together with every event that a journal can hold. */
export function scenarios(year: string): Readonly<Record<string, readonly PaymentEvent[]>> {
  const builder = scenarioBuilder(year);
  return {
    ...sold(builder, year),
    ...notSold(builder),
    ...decided(builder, year),
    ...(year === "2026" && unfinished(builder)),
  };
}

type ScenarioBuilder = ReturnType<typeof scenarioBuilder>;

const requested: PaymentEvent = { type: "requested", ...intent("create"), checkIn: { ageSeconds: 4, others: 1 } };
const captured: readonly PaymentEvent[] = [
  { type: "authorized" },
  { type: "captureRequested", ...intent("capture") },
  { type: "captured" },
];

function scenarioBuilder(year: string) {
  return {
    started: (name: string, change: Partial<PaymentOrder> = {}): PaymentEvent => ({
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
    }),
    refund: (refundId: string, value: number): PaymentEvent => ({
      type: "refundStarted",
      refund: {
        refundId: `${refundId}-${year}`,
        amount: { currency: "DKK", value },
        ...intent(refundId),
        reason: "Return",
      },
    }),
  };
}

function sold({ started, refund }: ScenarioBuilder, year: string) {
  const sale = (receiptNumber: string): readonly PaymentEvent[] => [
    requested,
    { type: "created" },
    ...captured,
    { type: "receiptMade", receiptNumber },
  ];
  return {
    sold: [started("sold", { description: "Kaffe", customer: { by: "screenQr" } }), ...sale(`R-1-${year}`)],
    returned: [
      started("returned"),
      ...sale(`R-2-${year}`),
      refund("refund-1", 1000),
      { type: "refunded", refundId: `refund-1-${year}` },
      refund("refund-2", 2000),
      { type: "refundRefused", refundId: `refund-2-${year}`, failure },
      { type: "refundedElsewhere", amountMinor: 500 },
    ],
    adopted: [started("adopted"), { type: "adopted" }],
  } satisfies Record<string, readonly PaymentEvent[]>;
}

function notSold({ started }: ScenarioBuilder) {
  return {
    refused: [started("refused"), requested, { type: "createRefused", failure }],
    rejected: [started("rejected"), requested, { type: "created", qrContent: "https://qr" }, { type: "rejected" }],
    expired: [started("expired"), { type: "expired" }],
    givenUp: [started("givenUp"), requested, { type: "cancelRequested" }, { type: "neverReached" }],
    withdrawn: [started("withdrawn"), requested, { type: "created" }, { type: "abandoned" }, { type: "withdrawn" }],
    uncaptured: [
      started("uncaptured"),
      requested,
      { type: "created" },
      { type: "authorized" },
      { type: "captureRequested", ...intent("capture") },
      { type: "captureRefused", failure },
      { type: "released" },
    ],
  } satisfies Record<string, readonly PaymentEvent[]>;
}

function decided({ started }: ScenarioBuilder, year: string) {
  const saleId = `sale-again-${year}`;
  return {
    rungUpAgain: [
      started("rungUpAgain"),
      requested,
      { type: "created" },
      ...captured,
      { type: "abandoned" },
      { type: "decided", decision: "reRing", decidedBy: "Kim", reason: "Power cut", saleId },
      { type: "receiptMade", receiptNumber: `R-3-${year}` },
    ],
    settled: [
      started("settled"),
      requested,
      { type: "created" },
      { type: "authorized" },
      { type: "cancelRequested" },
      { type: "decided", decision: "refund" },
      { type: "releaseRefused", failure },
      { type: "contradicted", amount: { currency: "DKK", value: 5000 } },
      { type: "agreed" },
      { type: "decided", decision: "settled", decidedBy: "Kim" },
    ],
  } satisfies Record<string, readonly PaymentEvent[]>;
}

function unfinished({ started, refund }: ScenarioBuilder) {
  return {
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
  } satisfies Record<string, readonly PaymentEvent[]>;
}
