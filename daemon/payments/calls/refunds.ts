import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { RefundView } from "../../protocol/values.ts";
import { refunding } from "../payment/commands.ts";
import { refundView } from "../payment/view.ts";
import { importUnjournaled, importedSale, refundedBeforeJournalLoss } from "../work/import-unjournaled.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentsContext } from "./context.ts";

/** Gives money of a finished purchase back. Answered once the intent is on disk. */
export async function startRefund(params: Params<"refund.start">, context: PaymentsContext): Promise<RefundView> {
  const { store, processes, keys, gateway } = context;
  const paymentId = await findPurchase(params, context);
  const owner = await store.find({ refundId: params.refundId });
  if (owner !== undefined && owner !== paymentId) throw new BridgeError("REFUND_CONFLICT");
  return processes.withKnownPayment(paymentId, async (process) => {
    const applied = await refundedBeforeJournalLoss(process.payment, keys.refundKey(params.refundId), gateway);
    await process.change((payment) => refunding(payment, params, context, applied));
    return viewOf(process, params.refundId);
  });
}

async function findPurchase(
  { paymentId, receiptNumber, reference }: Params<"refund.start">,
  context: PaymentsContext,
): Promise<string> {
  const { store, processes, keys, claims } = context;
  const by = receiptNumber !== undefined ? { receiptNumber } : reference !== undefined ? { reference } : undefined;
  const found = by ? await store.find(by) : paymentId;
  const known = found !== undefined && (await processes.withPayment(found, async () => true));
  if (known) return found;
  const unjournaled = paymentId ?? keys.paymentId(reference ?? "");
  if (unjournaled !== undefined && (await claims.inTurn(() => importUnjournaled(unjournaled, importedSale, context))))
    return unjournaled;
  throw new BridgeError("NOT_A_MOBILEPAY_PURCHASE");
}

export async function getRefund(
  refundId: string,
  { store, processes }: Pick<PaymentsContext, "store" | "processes">,
): Promise<RefundView> {
  const paymentId = await store.find({ refundId });
  if (paymentId === undefined) throw new BridgeError("REFUND_NOT_FOUND");
  return processes.withKnownPayment(paymentId, async (process) => viewOf(process, refundId));
}

function viewOf({ payment }: PaymentProcess, refundId: string): RefundView {
  const refund = payment.refunds.find(({ order }) => order.refundId === refundId);
  if (!refund) throw new BridgeError("REFUND_NOT_FOUND");
  return refundView(payment, refund);
}
