import { withDeadline } from "../../deadline.ts";
import type { World } from "../../world.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { PaymentProcess } from "./payment-process.ts";
import { fromAnswer, waitMore } from "./step-result.ts";

/** A person waits for the answer to the call that this is part of. */
const msMax = 3000;

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
