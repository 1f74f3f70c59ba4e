import { BridgeError } from "../../protocol/errors.ts";
import type { ReceiptCandidate } from "../../protocol/values.ts";
import type { PaymentsContext } from "./context.ts";

/** More than a person reads; `payment.list` has them all. */
const candidatesMax = 20;

/**
 * The purchase with this receipt number; undefined when there is none. The numbering of a POS may begin again: the till does not guess
 * which of several purchases is meant, also where money is left of one alone, because the customer may have come with the other's
 * receipt. A refund that was asked for before is found where it was. Throws `RECEIPT_NOT_UNIQUE`, `REFUND_CONFLICT`.
 */
export async function findByReceipt(
  { receiptNumber, refundId }: { readonly receiptNumber: string; readonly refundId: string },
  { store, processes }: Pick<PaymentsContext, "store" | "processes">,
): Promise<string | undefined> {
  const owner = await store.find({ refundId });
  if (owner !== undefined) {
    const bears = await processes.withPayment(owner, async ({ payment }) => payment.receiptNumber === receiptNumber);
    if (!bears) throw new BridgeError("REFUND_CONFLICT");
    return owner;
  }
  const { paymentIds } = await store.list({ receiptNumber, limit: candidatesMax });
  if (paymentIds.length > 1)
    throw new BridgeError("RECEIPT_NOT_UNIQUE", { candidates: await candidates(paymentIds, processes) });
  return paymentIds[0];
}

async function candidates(
  paymentIds: readonly string[],
  processes: PaymentsContext["processes"],
): Promise<readonly ReceiptCandidate[]> {
  const named: ReceiptCandidate[] = [];
  for (const paymentId of paymentIds) {
    const candidate = await processes.withPayment(paymentId, async ({ payment }) => ({
      paymentId,
      amount: payment.order.amount,
      at: new Date(payment.startedAt).toISOString(),
    }));
    if (candidate) named.push(candidate);
  }
  return named;
}
