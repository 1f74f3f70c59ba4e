import type { PaymentState } from "./values.ts";

/**
 * How far a payment is, for all who show one. `unapproved`: the customer has not said yes, as far as is known, and the cashier can
 * still call it off. `underWay`: money is reserved, taken or given back, or a request is being withdrawn. `unpaid`: over, and the shop
 * has nothing. `settled`: over, with the sale finished or all of its money given back. A refund of a finished sale may be under way.
 */
export type PaymentStage = "unapproved" | "underWay" | "unpaid" | "settled";

const stages: Readonly<Record<PaymentState, PaymentStage>> = {
  waitingForCustomer: "unapproved",
  requesting: "unapproved",
  waitingForApproval: "unapproved",
  capturing: "underWay",
  paid: "underWay",
  completed: "settled",
  cancelling: "underWay",
  cancelled: "unpaid",
  rejected: "unpaid",
  expired: "unpaid",
  failed: "unpaid",
  needsDecision: "underWay",
  refunding: "underWay",
  refunded: "settled",
};

export function stageOf(state: PaymentState): PaymentStage {
  return stages[state];
}

/** Whether a payment in this state has come to its end. */
export function isFinalState(state: PaymentState): boolean {
  return stages[state] === "unpaid" || stages[state] === "settled";
}
