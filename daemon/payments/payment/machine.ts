import type { PaymentState } from "../../protocol/values.ts";
import { canBePaidWhole, kept, type Payment, type PaymentEvent, type PaymentEventType, reserved } from "./payment.ts";

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
    contradicted: "needsDecision",
  },
  requesting: {
    created: "waitingForApproval",
    createRefused: "failed",
    cancelRequested: "cancelling",
    abandoned: "cancelling",
    contradicted: "needsDecision",
  },
  waitingForApproval: {
    authorized: whenApproved,
    cancelRequested: "cancelling",
    abandoned: "cancelling",
    rejected: "rejected",
    expired: "expired",
    withdrawn: "cancelled",
    contradicted: "needsDecision",
  },
  capturing: {
    captureRequested: "capturing",
    captured: whenCaptured,
    captureRefused: "needsDecision",
    cancelRequested: "needsDecision",
    abandoned: "needsDecision",
    decided: afterDecision,
    released: whenReleased,
    refundedElsewhere: whenRefundedElsewhere,
    contradicted: "needsDecision",
  },
  paid: {
    captured: whenCaptured,
    receiptMade: whenReceiptMade,
    abandoned: "needsDecision",
    decided: afterDecision,
    released: whenReleased,
    refundedElsewhere: whenRefundedElsewhere,
    contradicted: "needsDecision",
  },
  cancelling: {
    created: "cancelling",
    createRefused: "cancelled",
    neverReached: "cancelled",
    authorized: "needsDecision",
    rejected: "rejected",
    expired: "expired",
    withdrawn: "cancelled",
    contradicted: "needsDecision",
  },
  needsDecision: {
    authorized: "needsDecision",
    captured: whenCaptured,
    decided: afterDecision,
    released: whenReleased,
    refundedElsewhere: whenRefundedElsewhere,
    rejected: unlessApproved("rejected"),
    expired: unlessApproved("expired"),
    withdrawn: unlessApproved("cancelled"),
    contradicted: "needsDecision",
    agreed: whenAgreed,
  },
  refunding: {
    captured: "refunding",
    refundStarted: "refunding",
    refunded: whenGivenBack,
    refundRefused: "needsDecision",
    released: whenReleased,
    releaseRefused: "needsDecision",
    refundedElsewhere: whenRefundedElsewhere,
    contradicted: "needsDecision",
  },
  completed: {
    captured: whenCaptured,
    released: "completed",
    refundStarted: "completed",
    refunded: "completed",
    refundRefused: "completed",
    refundedElsewhere: "completed",
    contradicted: "needsDecision",
  },
  cancelled: {
    authorized: "needsDecision",
    captured: "needsDecision",
    released: "cancelled",
    receiptMade: "needsDecision",
    contradicted: "needsDecision",
  },
  failed: { authorized: "needsDecision", contradicted: "needsDecision" },
  rejected: { authorized: "needsDecision", contradicted: "needsDecision" },
  expired: { authorized: "needsDecision", contradicted: "needsDecision" },
  refunded: {
    captured: "needsDecision",
    released: "refunded",
    receiptMade: "needsDecision",
    contradicted: "needsDecision",
  },
};

function whenApproved({ order }: Payment, { amountMinor }: { amountMinor?: number }): PaymentState {
  if ((amountMinor ?? order.amount.value) < order.amount.value) return "needsDecision";
  return order.capture === "onApproval" ? "capturing" : "paid";
}

/** Where others took a part, the till takes the rest for the sale, unless something of it is gone. */
function whenCaptured(payment: Payment, { amountMinor }: { amountMinor?: number }): PaymentState {
  const after = { ...payment, captured: amountMinor ?? payment.order.amount.value };
  const isWhole = after.captured >= payment.order.amount.value;
  switch (payment.state) {
    case "capturing":
      if (isWhole) return payment.receiptNumber === undefined ? "paid" : "completed";
      return whileChanged(after);
    case "completed":
      return payment.decision === "settled" && payment.receiptNumber === undefined ? "needsDecision" : "completed";
    case "needsDecision":
      return isWhole && payment.receiptNumber !== undefined ? "completed" : "needsDecision";
    default:
      return whileChanged(after);
  }
}

function whenReceiptMade(payment: Payment): PaymentState {
  return payment.captured >= payment.order.amount.value ? "completed" : "capturing";
}

function whenReleased(payment: Payment, { amountMinor }: { amountMinor?: number }): PaymentState {
  return whileChanged({ ...payment, cancelled: amountMinor ?? payment.order.amount.value });
}

function whenRefundedElsewhere(payment: Payment, { amountMinor }: { amountMinor: number }): PaymentState {
  return whileChanged({ ...payment, refundedElsewhereMinor: amountMinor });
}

function whenGivenBack(payment: Payment, { refundId }: { refundId: string }): PaymentState {
  const refunds = payment.refunds.map((refund) =>
    refund.order.refundId === refundId ? { ...refund, state: "refunded" as const } : refund,
  );
  return whileChanged({ ...payment, refunds });
}

/**
 * Where a payment that is not over stands after others released, took or gave back a part of it. When nothing is left it is over,
 * unless a receipt was made: then a person has to settle it. A sale goes on that has its whole amount, or still can have it.
 */
function whileChanged(after: Payment): PaymentState {
  const isOver = kept(after) <= 0 && reserved(after) <= 0;
  if (after.state === "refunding") return isOver ? "refunded" : "refunding";
  if (isOver && after.receiptNumber === undefined) return after.captured > 0 ? "refunded" : "cancelled";
  if (isOver) return "needsDecision";
  const goesOn = after.captured >= after.order.amount.value || canBePaidWhole(after);
  return goesOn ? after.state : "needsDecision";
}

/** MobilePay's answers can be true again: what was asked for is withdrawn, and what is over by its sums is over. */
function whenAgreed(payment: Payment): PaymentState {
  if (payment.authorized === 0) return "cancelling";
  if (payment.captured >= payment.order.amount.value && payment.receiptNumber !== undefined) return "completed";
  return kept(payment) <= 0 && reserved(payment) <= 0 ? whileChanged(payment) : "needsDecision";
}

function unlessApproved(state: PaymentState) {
  return ({ authorized }: Payment): PaymentState => (authorized === 0 ? state : "needsDecision");
}

/**
 * After "ring up again" what is reserved but not yet taken is captured; what is taken waits for its new receipt. What a person has
 * settled outside the till is over, as what MobilePay has: the sale's money, none, or all given back.
 */
function afterDecision(payment: Payment, { decision }: PaymentEvent & { type: "decided" }): PaymentState {
  if (decision === "refund") return "refunding";
  if (decision === "settled") return settledState(payment);
  if (payment.state === "capturing") return "capturing";
  const isTaken = payment.captured >= payment.order.amount.value;
  return isTaken || payment.order.capture === "onReceipt" ? "paid" : "capturing";
}

function settledState(payment: Payment): PaymentState {
  if (payment.captured === 0) return "cancelled";
  return kept(payment) > 0 ? "completed" : "refunded";
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
