import { expect, test } from "vitest";
import { compare } from "../../daemon/payments/reconcile/compare.ts";
import type { Snapshot } from "../../daemon/payments/ports/gateway.ts";
import { fold } from "../../daemon/payments/payment/fold.ts";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import { started } from "../support/orders.ts";

const reference = "reference-payment-1";
const intent = { key: "key", body: "{}" };
const failure = { code: "MOBILEPAY_REFUSED", message: "no" };

function payment(...events: PaymentEvent[]) {
  return fold([started("payment-1"), ...events].map((event) => ({ ...event, at: 0 })));
}

const asked: PaymentEvent[] = [{ type: "requested", ...intent }];
const approved: PaymentEvent[] = [...asked, { type: "created" }, { type: "authorized" }];
const sold: PaymentEvent[] = [
  ...approved,
  { type: "captureRequested", ...intent },
  { type: "captured" },
  { type: "receiptMade", receiptNumber: "r-1" },
];
const amount = { currency: "DKK" as const, value: 1000 };
const refunding: PaymentEvent[] = [
  ...sold,
  { type: "refundStarted", refund: { refundId: "refund-1", amount, ...intent } },
];
const cancelled: PaymentEvent[] = [...asked, { type: "cancelRequested" }, { type: "neverReached" }];
const failed: PaymentEvent[] = [...asked, { type: "createRefused", failure }];
const rejected: PaymentEvent[] = [...asked, { type: "created" }, { type: "rejected" }];

function seen(change: Partial<Snapshot> = {}): Snapshot {
  const nothing = { authorized: 0, cancelled: 0, captured: 0, refunded: 0 };
  return { reference, amount: { currency: "DKK", value: 4990 }, state: "AUTHORIZED", ...nothing, ...change };
}

const taken = { authorized: 4990, captured: 4990 };

test.each([
  ["a sale that MobilePay shows as taken", sold, seen(taken), "agrees"],
  ["a sale that MobilePay does not know", sold, { kind: "notFound" as const }, "onlyHere"],
  ["a sale of which MobilePay has taken nothing", sold, seen({ authorized: 4990 }), "different"],
  ["a sale of another amount", sold, seen({ ...taken, amount: { currency: "DKK", value: 5000 } }), "different"],
  ["a sale in another currency", sold, seen({ ...taken, amount: { currency: "NOK", value: 4990 } }), "different"],
  ["a sale of which more was given back there", sold, seen({ ...taken, refunded: 500 }), "different"],
  ["a refund under way that MobilePay has carried out", refunding, seen({ ...taken, refunded: 1000 }), "agrees"],
  ["a refund under way that MobilePay has not carried out", refunding, seen(taken), "agrees"],
  ["a refund under way of another amount", refunding, seen({ ...taken, refunded: 1500 }), "different"],
  ["a payment under way that is approved there", approved, seen({ authorized: 4990 }), "agrees"],
  ["a cancelled payment that never reached MobilePay", cancelled, { kind: "notFound" as const }, "agrees"],
  ["a cancelled payment that is still asked for", cancelled, seen({ state: "CREATED" }), "requestLeft"],
  ["a cancelled payment that is reserved", cancelled, seen({ authorized: 4990 }), "reservationLeft"],
  ["a cancelled payment that was withdrawn", cancelled, seen({ state: "TERMINATED" }), "agrees"],
  [
    "a cancelled payment whose reservation was let go",
    cancelled,
    seen({ authorized: 4990, cancelled: 4990 }),
    "agrees",
  ],
  ["a cancelled payment that was taken", cancelled, seen(taken), "different"],
  ["a refused payment that MobilePay does not know", failed, { kind: "notFound" as const }, "agrees"],
  ["a payment that the customer refused and MobilePay forgot", rejected, { kind: "notFound" as const }, "onlyHere"],
])("%s", (_what, events, view, agreement) => {
  expect(compare(payment(...events), view)).toBe(agreement);
});
