import { expect, test } from "vitest";
import { machine } from "../../daemon/payments/payment/machine.ts";
import { hasTrait } from "../../daemon/payments/payment/state-traits.ts";
import { isFinalState, stageOf } from "../../daemon/protocol/payment-stage.ts";
import { type PaymentState, paymentState } from "../../daemon/protocol/values.ts";

const states = paymentState.options;

test("a payment that is over goes on only when more is learnt of its money or its receipt", () => {
  const learnt = ["authorized", "captured", "contradicted", "receiptMade"];
  for (const state of states.filter(isFinalState)) {
    for (const [event, next] of Object.entries(machine[state])) {
      expect(learnt.includes(event) || next === state, `${event} in ${state}`).toBe(true);
    }
  }
});

test("nobody waits for MobilePay about a payment that is over", () => {
  expect(states.filter((state) => isFinalState(state) && hasTrait(state, "needsMobilePay"))).toEqual([]);
});

test("a refund starts where the purchase is finished, or where one was decided on", () => {
  const refunding = states.filter((state) => machine[state].refundStarted !== undefined);
  expect(refunding).toEqual(states.filter((state) => hasTrait(state, "refundable") || state === "refunding"));
});

test("only MobilePay's answer leads to a state in which it must know the payment", () => {
  for (const state of states) {
    for (const [event, next] of Object.entries(machine[state])) {
      if (typeof next !== "string" || next === state || !hasTrait(next, "knownToMobilePay")) continue;
      expect(["created", "rejected"], `${event} in ${state}`).toContain(event);
    }
  }
});

test("a person decides where nobody waits for MobilePay, or where the money is not taken, and the payment is not over", () => {
  const decidable = states.filter((state) => machine[state].decided !== undefined);
  const atRest = (state: PaymentState) => !isFinalState(state) && !hasTrait(state, "needsMobilePay");
  expect(decidable).toEqual(states.filter((state) => atRest(state) || state === "capturing"));
});

test("what the customer has not approved keeps the till from starting another payment", () => {
  const unapproved = states.filter((state) => stageOf(state) === "unapproved");
  expect(unapproved.filter((state) => !hasTrait(state, "blocksNewPayment"))).toEqual([]);
});
