import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { RefundView } from "../../protocol/values.ts";
import { refunding } from "../payment/commands.ts";
import { refundView } from "../payment/view.ts";
import { adopt, adoptedSale, refundedBeforeLoss } from "../work/adopt.ts";
import type { Run } from "../work/run.ts";
import type { PaymentsContext } from "./context.ts";

/** Gives money of a finished purchase back. Answered once the intent is on disk. */
export async function startRefund(params: Params<"refund.start">, context: PaymentsContext): Promise<RefundView> {
  const { store, runs, names, gateway } = context;
  const paymentId = await purchaseOf(params, context);
  const owner = await store.find({ refundId: params.refundId });
  if (owner !== undefined && owner !== paymentId) throw new BridgeError("REFUND_CONFLICT");
  return runs.useKnown(paymentId, async (run) => {
    const landed = await refundedBeforeLoss(run.payment, names.refundKey(params.refundId), gateway);
    await run.change((payment) => refunding(payment, params, context, landed));
    return viewOf(run, params.refundId);
  });
}

async function purchaseOf(
  { paymentId, receiptNumber, reference }: Params<"refund.start">,
  context: PaymentsContext,
): Promise<string> {
  const { store, runs, names, claims } = context;
  const by = receiptNumber !== undefined ? { receiptNumber } : reference !== undefined ? { reference } : undefined;
  const found = by ? await store.find(by) : paymentId;
  const known = found !== undefined && (await runs.use(found, async () => true));
  if (known) return found;
  const lost = paymentId ?? names.paymentId(reference ?? "");
  if (lost !== undefined && (await claims.inTurn(() => adopt(lost, adoptedSale, context)))) return lost;
  throw new BridgeError("NOT_A_MOBILEPAY_PURCHASE");
}

export async function getRefund(
  refundId: string,
  { store, runs }: Pick<PaymentsContext, "store" | "runs">,
): Promise<RefundView> {
  const paymentId = await store.find({ refundId });
  if (paymentId === undefined) throw new BridgeError("REFUND_NOT_FOUND");
  return runs.useKnown(paymentId, async (run) => viewOf(run, refundId));
}

function viewOf({ payment }: Run, refundId: string): RefundView {
  const refund = payment.refunds.find(({ order }) => order.refundId === refundId);
  if (!refund) throw new BridgeError("REFUND_NOT_FOUND");
  return refundView(payment, refund);
}
