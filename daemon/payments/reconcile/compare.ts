import type { NotFound, Snapshot } from "../ports/gateway.ts";
import { isFinal, type Payment, refundedSoFar, refundsUnderWay } from "../payment/payment.ts";
import { hasTrait } from "../payment/state-traits.ts";

/**
 * How a payment here and the same payment at MobilePay go together. `onlyHere`: MobilePay does not know what it said it knew.
 * `reservationLeft`, `requestLeft`: the payment is over here, and at MobilePay money is still reserved or still asked for.
 */
export type Comparison = "agrees" | "onlyHere" | "different" | "reservationLeft" | "requestLeft";

/** Whether the payment was ever requested at MobilePay. */
export function wasRequested(payment: Payment): boolean {
  return payment.create !== undefined || payment.authorized > 0;
}

/** Compares what is on disk with MobilePay's view of the payment. */
export function compare(payment: Payment, seen: Snapshot | NotFound): Comparison {
  if ("kind" in seen) return wasKnown(payment) ? "onlyHere" : "agrees";
  if (payment.contradiction) return isSettledSo(payment, seen) ? "agrees" : "different";
  if (!sameSums(payment, seen)) return "different";
  if (!isFinal(payment) || payment.decision === "settled") return "agrees";
  if (seen.state === "CREATED") return "requestLeft";
  return seen.authorized > seen.captured + seen.cancelled ? "reservationLeft" : "agrees";
}

/** Only states that MobilePay's own answer leads to: a request that never reached it is rightly unknown there. */
function wasKnown({ state, authorized, create }: Payment): boolean {
  return authorized > 0 || hasTrait(state, "knownToMobilePay") || (state === "expired" && !!create);
}

/** A person has settled what contradicts the payment: it is no news as long as MobilePay has the same amount. */
function isSettledSo({ decision, contradiction, order }: Payment, { amount }: Snapshot): boolean {
  const known = contradiction?.amount ?? order.amount;
  return decision === "settled" && known.value === amount.value && known.currency === amount.currency;
}

function sameSums(payment: Payment, seen: Snapshot): boolean {
  const { amount, reference } = payment.order;
  const refunded = refundedSoFar(payment);
  return (
    seen.reference === reference &&
    seen.amount.value === amount.value &&
    seen.amount.currency === amount.currency &&
    seen.captured === payment.captured &&
    seen.authorized >= payment.authorized &&
    seen.refunded >= refunded &&
    seen.refunded <= refunded + refundsUnderWay(payment)
  );
}
