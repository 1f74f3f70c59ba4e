import { withDeadline } from "../../deadline.ts";
import type { World } from "../../world.ts";
import { isFinal, type Payment } from "../payment/payment.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { PaymentProcess } from "./payment-process.ts";
import { fromAnswer, waitMore } from "./step-result.ts";

/** A person waits for the answer to the call that this is part of. */
const msMax = 3000;

/** More payments than a person asks about in a day. */
const rememberedMax = 1000;

/** Whether the payment is over and took no money, as far as is known here. */
export function endedWithoutMoney(payment: Payment): boolean {
  return isFinal(payment) && payment.captured === 0;
}

/** Looks once in this life, while nobody waits, at payments that ended without money: MobilePay may have learnt more since. */
export class LateLooks {
  readonly #paymentIds = new Set<string>();

  lookOnce(process: PaymentProcess, look: (paymentId: string) => Promise<unknown>): void {
    const { payment, paymentId } = process;
    if (!endedWithoutMoney(payment) || this.#paymentIds.has(paymentId)) return;
    if (this.#paymentIds.size >= rememberedMax) this.#paymentIds.clear();
    this.#paymentIds.add(paymentId);
    void look(paymentId).catch(() => this.#paymentIds.delete(paymentId));
  }
}

/** Asks MobilePay once how the payment stands, and believes it. Returns whether there was an answer that could be believed. */
export async function lookNow(
  process: PaymentProcess,
  { gateway, world }: { readonly gateway: Pick<Gateway, "getPayment">; readonly world: World },
): Promise<boolean> {
  const { reference } = process.payment.order;
  const seen = await withDeadline(world, msMax, gateway.getPayment(reference), () => waitMore);
  if (seen.kind === "notFound") return true;
  const result = fromAnswer(process.payment, seen);
  if (result.kind === "observed") await process.change(result.events, { fromAnswer: true });
  return result.kind === "observed";
}
