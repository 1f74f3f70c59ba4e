import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../daemon/payments/ports/gateway.ts";
import { observe } from "../../daemon/payments/work/observe.ts";
import { fold } from "../../daemon/payments/payment/fold.ts";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import { started } from "../support/orders.ts";

// Answers that cannot be true: whatever MobilePay or somebody between says of a payment of 49.90, this is not believed.

const intent = { key: "key", body: "{}" };
const refund = { refundId: "refund-1", amount: { currency: "DKK" as const, value: 1000 }, ...intent };
const waiting: PaymentEvent[] = [{ type: "requested", ...intent }, { type: "created" }];
const reserved: PaymentEvent[] = [...waiting, { type: "authorized" }];
const taken: PaymentEvent[] = [...reserved, { type: "captureRequested", ...intent }, { type: "captured" }];
const refunded: PaymentEvent[] = [
  ...taken,
  { type: "receiptMade", receiptNumber: "r-1" },
  { type: "refundStarted", refund },
  { type: "refunded", refundId: "refund-1" },
];

function payment(events: readonly PaymentEvent[]) {
  return fold([started("payment-1"), ...events].map((event) => ({ ...event, at: 0 })));
}

function seen(change: Partial<Snapshot>): Snapshot {
  const money = { authorized: 4990, cancelled: 0, captured: 0, refunded: 0 };
  const amount = { currency: "DKK" as const, value: 4990 };
  return { reference: "reference-payment-1", amount, state: "AUTHORIZED", ...money, ...change };
}

const nothing = { authorized: 0 };

describe("an answer is not believed", () => {
  test.each<[string, readonly PaymentEvent[], Partial<Snapshot>]>([
    ["about another payment", waiting, { reference: "reference-payment-2" }],
    ["about another amount", waiting, { amount: { currency: "DKK", value: 4991 }, authorized: 4991 }],
    ["in another currency", waiting, { amount: { currency: "NOK", value: 4990 } }],
    ["with more than the money reserved", waiting, { authorized: 5000 }],
    ["with money taken and released as well", reserved, { captured: 4990, cancelled: 4990 }],
    ["with more given back than was taken", reserved, { refunded: 1 }],
    ["that is approved, with nothing reserved", waiting, nothing],
    ["that is not approved, with money reserved", waiting, { state: "CREATED" }],
    ["that was approved and is so no more", reserved, { state: "CREATED", ...nothing }],
    ["that was approved and is refused now", reserved, { state: "ABORTED", ...nothing }],
    ["that was taken and is only reserved now", taken, {}],
    ["of which less was given back than before", refunded, { captured: 4990, refunded: 999 }],
  ])("%s", (_what, past, change) => {
    expect(observe(payment(past), seen(change))).toBe("contradiction");
  });
});

test("the same answers without their contradiction are", () => {
  const types = (past: readonly PaymentEvent[], change: Partial<Snapshot>) => {
    const learnt = observe(payment(past), seen(change));
    return learnt === "contradiction" ? learnt : learnt.map(({ type }) => type);
  };
  expect(types(waiting, {})).toEqual(["authorized"]);
  expect(types(reserved, { cancelled: 4990 })).toEqual(["released"]);
  expect(types(taken, { captured: 4990, refunded: 1000 })).toEqual(["refundedElsewhere"]);
  expect(types(refunded, { captured: 4990, refunded: 1000 })).toEqual([]);
  expect(types(waiting, { authorized: 4000 })).toEqual(["authorized"]);
  expect(types(reserved, { captured: 1 })).toEqual(["captured"]);
  expect(types(reserved, { cancelled: 1 })).toEqual(["released"]);
});
