import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Currency } from "../../protocol/values.ts";
import { isFinal, type Payment, refundedSoFar, refundsUnderWay } from "./payment.ts";
import { hasTrait } from "./state-traits.ts";

/** MobilePay's smallest amounts, minor units; the largest is the protocol's own. Source: ePayment API 1.8.1, `Amount`. */
const amountMinorMin: Readonly<Record<Currency, number>> = { NOK: 100, DKK: 1, EUR: 1, SEK: 100 };

/** The whole sale by one payment: no part payment, no cash back, the agreement's currency. */
export function checkAmount({ amount, sale }: Params<"payment.start">, agreed: Currency): void {
  if (amount.currency !== sale.total.currency || amount.currency !== agreed) {
    throw new BridgeError("CURRENCY_MISMATCH", { expected: agreed });
  }
  if (amount.value < sale.total.value) throw new BridgeError("SPLIT_NOT_ALLOWED", { total: sale.total });
  if (amount.value > sale.total.value) throw new BridgeError("CHANGE_NOT_ALLOWED", { total: sale.total });
  const least = amountMinorMin[agreed];
  if (amount.value < least)
    throw new BridgeError("AMOUNT_OUT_OF_RANGE", { minimum: { currency: agreed, value: least } });
}

/** Only a finished purchase can be refunded, and never more than is left of it. */
export function checkRefund(payment: Payment, amount: { currency: Currency; value: number }): void {
  const { state, captured, order } = payment;
  if (captured === 0 && isFinal(payment)) throw new BridgeError("NOT_A_MOBILEPAY_PURCHASE", { state });
  if (!hasTrait(state, "refundable")) throw new BridgeError("NOT_REFUNDABLE", { state });
  if (amount.currency !== order.amount.currency)
    throw new BridgeError("CURRENCY_MISMATCH", { expected: order.amount.currency });
  const left = captured - refundedSoFar(payment) - refundsUnderWay(payment);
  if (amount.value > left)
    throw new BridgeError("REFUND_EXCEEDS", { left: { currency: order.amount.currency, value: left } });
}

/** Whether the payment keeps the till from starting another: this till is busy with it, and its outcome is near. */
export function blocksNewPayment(payment: Payment, attended: boolean): boolean {
  return attended && hasTrait(payment.state, "blocksNewPayment");
}

/** Whether this payment took money for its sale that was not refunded. */
export function paidForSale(payment: Payment): boolean {
  return payment.captured > 0 && refundedSoFar(payment) < payment.captured;
}
