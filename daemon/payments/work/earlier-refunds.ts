import { type Payment, type RefundOrder, refundedSoFar } from "../payment/payment.ts";
import type { Gateway, GatewayAnswer, Snapshot } from "../ports/gateway.ts";

type Wish = Pick<RefundOrder, "key" | "amount">;

/** Whether so much more was given back at MobilePay than by the refunds of this journal that this very refund may be among it. */
export function mayBeAmong(seen: Pick<Snapshot, "refunded">, payment: Payment, { amount }: Wish): boolean {
  return seen.refunded - ownRefunds(payment) >= amount.value;
}

function ownRefunds(payment: Payment): number {
  return refundedSoFar(payment) - payment.refundedElsewhereMinor;
}

/**
 * Whether MobilePay has carried this refund out, by its log of events. Where that names no keys only the sums are left: what may
 * have been paid is not paid again.
 */
export async function wasRefunded(
  payment: Payment,
  wish: Wish,
  gateway: Pick<Gateway, "getPayment" | "wasApplied">,
): Promise<GatewayAnswer<boolean>> {
  const { reference } = payment.order;
  const applied = await gateway.wasApplied(reference, wish.key);
  if (applied.kind !== "ok") return applied;
  if (applied.value !== "unnamed") return { kind: "ok", value: applied.value };
  const seen = await gateway.getPayment(reference);
  if (seen.kind === "notFound") return { kind: "unknown", why: "nonsense" };
  return seen.kind === "ok" ? { kind: "ok", value: mayBeAmong(seen.value, payment, wish) } : seen;
}
