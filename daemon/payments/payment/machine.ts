import type { PaymentState } from "../../protocol/values.ts";
import { type Payment, type PaymentEvent, type PaymentEventType, refundedSoFar } from "./payment.ts";

type Row = Partial<Record<PaymentEventType, PaymentState | ((payment: Payment, event: never) => PaymentState)>>;

/**
 * State × event → state, all of it. An event that has no cell cannot happen in that state and stops the daemon.
 * The same table stands in docs/recovery.md; a test compares the two and runs every cell.
 */
export const machine: Record<PaymentState, Row> = {
  waitingForCustomer: {
    requested: "requesting",
    created: "waitingForApproval",
    adopted: "completed",
    cancelRequested: whenNotAskedFor,
    abandoned: whenNotAskedFor,
    expired: "expired",
  },
  requesting: {
    created: "waitingForApproval",
    createRefused: "failed",
    cancelRequested: "cancelling",
    abandoned: "cancelling",
  },
  waitingForApproval: {
    authorized: (payment) => (payment.order.capture === "onApproval" ? "capturing" : "paid"),
    cancelRequested: "cancelling",
    abandoned: "cancelling",
    rejected: "rejected",
    expired: "expired",
    withdrawn: "cancelled",
  },
  capturing: {
    captureRequested: "capturing",
    captured: (payment) => (payment.receiptNumber === undefined ? "paid" : "completed"),
    captureRefused: "needsDecision",
    cancelRequested: "needsDecision",
    abandoned: "needsDecision",
    decided: afterDecision,
    released: "cancelled",
  },
  paid: {
    captured: "paid",
    receiptMade: (payment) => (payment.captured > 0 ? "completed" : "capturing"),
    abandoned: "needsDecision",
    decided: afterDecision,
    released: "cancelled",
    refundedElsewhere: whenAllGivenBack,
  },
  cancelling: {
    created: "cancelling",
    createRefused: "cancelled",
    neverReached: "cancelled",
    authorized: "needsDecision",
    rejected: "rejected",
    expired: "expired",
    withdrawn: "cancelled",
  },
  needsDecision: {
    captured: "needsDecision",
    decided: afterDecision,
    released: "cancelled",
    refundedElsewhere: whenAllGivenBack,
  },
  refunding: {
    captured: "refunding",
    refundStarted: "refunding",
    refunded: "refunded",
    refundRefused: "needsDecision",
    released: "refunded",
    refundedElsewhere: whenAllGivenBack,
  },
  completed: {
    refundStarted: "completed",
    refunded: "completed",
    refundRefused: "completed",
    refundedElsewhere: "completed",
  },
  cancelled: { authorized: "needsDecision" },
  failed: { authorized: "needsDecision" },
  rejected: {},
  expired: {},
  refunded: {},
};

/**
 * After "ring up again" what is reserved but not yet taken is captured; what is taken waits for its new receipt. What a person has
 * settled outside the till is over, as what MobilePay has: the sale's money, none, or all given back.
 */
function afterDecision(payment: Payment, { decision }: PaymentEvent & { type: "decided" }): PaymentState {
  if (decision === "refund") return "refunding";
  if (decision === "settled") return settledState(payment);
  return payment.captured > 0 ? "paid" : payment.order.capture === "onApproval" ? "capturing" : "paid";
}

function settledState(payment: Payment): PaymentState {
  if (payment.captured === 0) return "cancelled";
  return refundedSoFar(payment) < payment.captured ? "completed" : "refunded";
}

function whenAllGivenBack(payment: Payment, event: PaymentEvent & { type: "refundedElsewhere" }): PaymentState {
  const ours = refundedSoFar(payment) - payment.refundedElsewhereMinor;
  return ours + event.amountMinor >= payment.captured ? "refunded" : payment.state;
}

/** It is over only when MobilePay does not know it: the journal may be an older copy, or a new one. */
function whenNotAskedFor(_payment: Payment, { inDoubt }: { readonly inDoubt?: true }): PaymentState {
  return inDoubt ? "cancelling" : "cancelled";
}

/** The state after `event`. Throws when there is no cell for it. */
export function nextState(payment: Payment, event: PaymentEvent): PaymentState {
  const cell = machine[payment.state][event.type];
  if (cell === undefined) throw new Error(`assertion failed: ${event.type} cannot happen while ${payment.state}`);
  return typeof cell === "function" ? cell(payment, event as never) : cell;
}

/** Whether `event` can happen in the payment's state. */
export function canHappen(payment: Payment, type: PaymentEventType): boolean {
  return machine[payment.state][type] !== undefined;
}
