import type { PaymentView, RefundView } from "../../protocol/values.ts";
import { kept, type Payment, type Refund, refundedSoFar, refundsUnderWay } from "./payment.ts";

/** A payment as a POS page sees it. */
export function paymentView(payment: Payment, { contactLost = false } = {}): PaymentView {
  const { order } = payment;
  const showsQr = payment.state === "waitingForApproval" && payment.qrContent !== undefined;
  return {
    paymentId: order.paymentId,
    saleId: payment.saleId,
    reference: order.reference,
    state: payment.state,
    amount: order.amount,
    customerBy: order.customer.by,
    ...(showsQr && payment.qrContent !== undefined && { screenQr: { content: payment.qrContent } }),
    authorized: payment.authorized,
    captured: payment.captured,
    refunded: refundedSoFar(payment),
    cancelled: payment.cancelled,
    left: Math.max(0, kept(payment) - refundsUnderWay(payment)),
    ...(payment.contradiction?.amount && { amountAtMobilePay: payment.contradiction.amount }),
    ...(payment.failure && { failure: payment.failure }),
    ...(payment.receiptNumber !== undefined && { receiptNumber: payment.receiptNumber }),
    ...(payment.decision && { decision: payment.decision }),
    ...(contactLost && { contactLost }),
    ...(order.soldBy !== undefined && { soldBy: order.soldBy }),
    ...(payment.checkIn && { checkIn: payment.checkIn }),
    startedAt: new Date(payment.startedAt).toISOString(),
    updatedAt: new Date(payment.updatedAt).toISOString(),
  };
}

export function refundView(payment: Payment, refund: Refund): RefundView {
  const { order } = refund;
  return {
    refundId: order.refundId,
    paymentId: payment.order.paymentId,
    reference: payment.order.reference,
    amount: order.amount,
    state: refund.state,
    ...(payment.order.soldBy !== undefined && { soldBy: payment.order.soldBy }),
    ...(order.reason !== undefined && { reason: order.reason }),
    ...(refund.failure && { failure: refund.failure }),
    startedAt: new Date(refund.startedAt).toISOString(),
    updatedAt: new Date(refund.updatedAt).toISOString(),
  };
}
