import { BridgeError } from "../../protocol/errors.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Currency, Decision, RecoveryItem } from "../../protocol/values.ts";
import { canBePaidWhole, isFinal, kept, type Payment, refundedSoFar, refundsUnderWay, reserved } from "./payment.ts";
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
  const left = Math.max(0, kept(payment) - refundsUnderWay(payment));
  if (amount.value <= left) return;
  const money = (value: number) => ({ currency: order.amount.currency, value });
  throw new BridgeError("REFUND_EXCEEDS", {
    left: money(left),
    refunded: money(refundedSoFar(payment)),
    captured: money(captured),
  });
}

/** Whether this payment took money for its sale that was not refunded. */
export function paidForSale(payment: Payment): boolean {
  return kept(payment) > 0;
}

/** Why a payment stands before a person, once MobilePay has said what happened. */
export function situation(payment: Payment): RecoveryItem["situation"] {
  const { contradiction, receiptNumber, authorized, captured, state } = payment;
  if (contradiction) return contradiction.amount ? "amountDiffers" : "changedElsewhere";
  if (state === "needsDecision" && receiptNumber !== undefined) return "receiptWithoutMoney";
  if (authorized === 0) return "checking";
  if (wasChangedElsewhere(payment)) return "changedElsewhere";
  if (state === "needsDecision" && payment.capturesRefused > 0 && payment.failure && captured === 0)
    return "captureFailing";
  return captured > 0 ? "paidWithoutReceipt" : "approvedNotCaptured";
}

/**
 * What a person can decide, each true: to give back what there is, to use all of the sale's money for the sale rung up anew, and
 * last, where one of these cannot be done or was refused, that it is settled outside the till.
 */
export function choicesFor(payment: Payment): Decision[] {
  if (payment.contradiction) return ["settled"];
  const canRefund = kept(payment) > 0 || reserved(payment) > 0;
  const isTaken = payment.captured >= payment.order.amount.value;
  const canRingUp = isTaken ? kept(payment) > 0 : payment.authorized > 0 && canBePaidWhole(payment);
  const canFail = payment.failure !== undefined || payment.receiptNumber !== undefined || wasChangedElsewhere(payment);
  return [
    ...(canRefund ? (["refund"] as const) : []),
    ...(canRingUp ? (["reRing"] as const) : []),
    ...(!canRefund || !canRingUp || canFail ? (["settled"] as const) : []),
  ];
}

/** Money that was taken usually went with the goods; to void a mere reservation costs nothing. */
export function recommended(payment: Payment): Decision | undefined {
  const choices = choicesFor(payment);
  return payment.captured > 0 && choices.includes("reRing") ? "reRing" : choices.at(0);
}

function wasChangedElsewhere({ order, authorized, captured, cancelled, refundedElsewhereMinor }: Payment): boolean {
  const isPart = (minor: number) => minor > 0 && minor < order.amount.value;
  return isPart(authorized) || isPart(captured) || cancelled > 0 || refundedElsewhereMinor > 0;
}
