import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { RefundView } from "../../protocol/values.ts";
import { refunding } from "../payment/commands.ts";
import { refundView } from "../payment/view.ts";
import { wasRefunded } from "../work/earlier-refunds.ts";
import { importUnjournaled, importedSale } from "../work/import-unjournaled.ts";
import { endedWithoutMoney, lookNow } from "../work/look-now.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentsContext } from "./context.ts";
import { findByReceipt } from "./find-by-receipt.ts";
import { refuseInDoubt } from "./in-doubt.ts";

/** Gives money of a finished purchase back. Answered once the intent is on disk. */
export async function startRefund(params: Params<"refund.start">, context: PaymentsContext): Promise<RefundView> {
  const { store, processes } = context;
  // What an earlier try has left in doubt is settled first: the next write takes its place.
  if (store.inDoubt(params.refundId)) await store.writable();
  const paymentId = await findPurchase(params, context);
  const owner = await store.find({ refundId: params.refundId });
  if (owner !== undefined && owner !== paymentId) throw new BridgeError("REFUND_CONFLICT");
  return processes.withKnownPayment(paymentId, async (process) => {
    const isNew = !process.payment.refunds.some(({ order }) => order.refundId === params.refundId);
    const applied = isNew && (await wasAppliedUnknown(process, params, context));
    await process.change((payment) => refunding(payment, params, context, applied));
    return viewOf(process, params.refundId);
  });
}

/**
 * MobilePay is asked how the purchase stands before a refund is taken on: others may have refunded it, or this till before its
 * journal was put back to an older copy. Returns whether this very refund was carried out then. Without an answer the refund is
 * taken on by what the journal says, and MobilePay is asked again before anything is sent.
 */
async function wasAppliedUnknown(
  process: PaymentProcess,
  { refundId, amount }: Params<"refund.start">,
  { gateway, keys, world }: PaymentsContext,
): Promise<boolean> {
  const isAnswered = await lookNow(process, { gateway, world });
  const { payment } = process;
  if (!isAnswered && endedWithoutMoney(payment)) throw new BridgeError("OUTCOME_UNKNOWN");
  if (payment.refundedElsewhereMinor < amount.value) return false;
  const applied = await wasRefunded(payment, { key: keys.refundKey(refundId), amount }, gateway);
  if (applied.kind !== "ok") throw new BridgeError("OUTCOME_UNKNOWN");
  return applied.value;
}

async function findPurchase(
  { refundId, paymentId, receiptNumber, reference }: Params<"refund.start">,
  context: PaymentsContext,
): Promise<string> {
  const { store, processes, keys } = context;
  const byReceipt = receiptNumber === undefined ? undefined : await findByReceipt({ receiptNumber, refundId }, context);
  const found = byReceipt ?? (reference === undefined ? paymentId : await store.find({ reference }));
  const known = found !== undefined && (await processes.withPayment(found, async () => true));
  if (known) return found;
  const unjournaled = paymentId ?? keys.paymentId(reference ?? "");
  if (unjournaled !== undefined && (await importUnjournaled(unjournaled, importedSale, context))) return unjournaled;
  refuseInDoubt(store, paymentId, receiptNumber, unjournaled);
  throw new BridgeError("NOT_A_MOBILEPAY_PURCHASE");
}

export async function getRefund(
  refundId: string,
  { store, processes }: Pick<PaymentsContext, "store" | "processes">,
): Promise<RefundView> {
  const paymentId = await store.find({ refundId });
  refuseInDoubt(store, refundId);
  if (paymentId === undefined) throw new BridgeError("REFUND_NOT_FOUND");
  return processes.withKnownPayment(paymentId, async (process) => viewOf(process, refundId));
}

function viewOf({ payment }: PaymentProcess, refundId: string): RefundView {
  const refund = payment.refunds.find(({ order }) => order.refundId === refundId);
  if (!refund) throw new BridgeError("REFUND_NOT_FOUND");
  return refundView(payment, refund);
}
