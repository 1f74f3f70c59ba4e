import type { BridgeEvent } from "../../protocol/events.ts";
import type { Payment } from "../payment/payment.ts";
import { isRecovery, recoveryItem } from "./recovery.ts";
import type { PaymentProcess } from "./payment-process.ts";
import { paymentView, refundView } from "../payment/view.ts";

/** Publishes to the pages what changed: the payment, its refunds, and its place on the recovery list. */
export function announce(
  process: PaymentProcess,
  before: Payment | undefined,
  emit: (event: BridgeEvent) => void,
): void {
  const { payment } = process;
  if (payment !== before) emit({ event: "payment.changed", params: { payment: paymentView(payment, process) } });
  for (const refund of payment.refunds) {
    const known = before?.refunds.find(({ order }) => order.refundId === refund.order.refundId);
    if (before && known !== refund) emit({ event: "refund.changed", params: { refund: refundView(payment, refund) } });
  }
  const listed = isRecovery(process);
  if (listed || process.announcedAsRecovery)
    emit({ event: "recovery.changed", params: { item: recoveryItem(process) } });
  process.markAnnouncedAsRecovery(listed);
}
