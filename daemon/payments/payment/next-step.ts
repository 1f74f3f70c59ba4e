import { assertNever } from "../../protocol/errors.ts";
import { kept, type Payment, type Refund, reserved } from "./payment.ts";

/**
 * What is to be done next about a payment: a pure function of what has happened. After a crash the same past asks for the
 * same step with the same key and body, so recovery is not a special path.
 *
 * `record…` makes an intent durable; the next step then carries it out.
 */
export type PaymentStep =
  | { readonly do: "rest" }
  | { readonly do: "awaitCustomer" }
  | { readonly do: "look" }
  | { readonly do: "create" }
  | { readonly do: "recordCapture" }
  | { readonly do: "capture" }
  | { readonly do: "withdraw" }
  | { readonly do: "release" }
  | { readonly do: "recordRefund" }
  | { readonly do: "refund"; readonly refund: Refund };

/** What is true only while this process lives. */
export interface ProcessState {
  /** A page shows the sale, its receipt was made, or a person decided to go on with it. */
  readonly isAttended: boolean;
  /** MobilePay has been asked since this process took the payment on, or since the payment came to need a decision. */
  readonly queriedSinceStart: boolean;
}

export function nextStep(payment: Payment, { isAttended, queriedSinceStart }: ProcessState): PaymentStep {
  switch (payment.state) {
    case "waitingForCustomer":
      return { do: "awaitCustomer" };
    case "requesting":
      return { do: isAttended ? "create" : "look" };
    case "waitingForApproval":
      return { do: "look" };
    case "capturing":
      if (!isAttended) return { do: "look" };
      return { do: payment.capture ? "capture" : "recordCapture" };
    case "cancelling":
      return { do: "withdraw" };
    case "paid":
      return { do: queriedSinceStart && isAttended && payment.decision === undefined ? "rest" : "look" };
    case "needsDecision":
      return { do: "look" };
    case "refunding":
      return refundOrVoid(payment);
    case "completed":
    case "cancelled":
    case "rejected":
    case "expired":
    case "failed":
    case "refunded":
      return pendingRefund(payment) ?? { do: "rest" };
    default:
      return assertNever(payment.state);
  }
}

/** After the decision to refund: money that was taken is refunded, a reservation is released. */
function refundOrVoid(payment: Payment): PaymentStep {
  const pending = pendingRefund(payment);
  if (pending) return pending;
  if (reserved(payment) > 0) return { do: "release" };
  return { do: kept(payment) > 0 ? "recordRefund" : "look" };
}

/** Refunds are carried out one at a time, in the order they were asked for. */
function pendingRefund(payment: Payment): PaymentStep | undefined {
  const refund = payment.refunds.find(({ state }) => state === "refunding");
  return refund && { do: "refund", refund };
}
