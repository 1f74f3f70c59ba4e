import type { BridgeEvent } from "../../protocol/events.ts";
import type { Payment } from "../payment/payment.ts";
import { isRecovery, recoveryItem } from "./recovery.ts";
import type { Run } from "./run.ts";
import { paymentView, refundView } from "../payment/view.ts";

/** Tells the pages what changed: the payment, its refunds, and its place on the recovery list. */
export function announce(run: Run, before: Payment | undefined, emit: (event: BridgeEvent) => void): void {
  const { payment } = run;
  if (payment !== before) emit({ event: "payment.changed", params: { payment: paymentView(payment, run) } });
  for (const refund of payment.refunds) {
    const known = before?.refunds.find(({ order }) => order.refundId === refund.order.refundId);
    if (before && known !== refund) emit({ event: "refund.changed", params: { refund: refundView(payment, refund) } });
  }
  const listed = isRecovery(run);
  if (listed || run.listed) emit({ event: "recovery.changed", params: { item: recoveryItem(run) } });
  run.markListed(listed);
}
