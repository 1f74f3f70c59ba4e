import { refuse } from "./errors.ts";
import { forcedRefund } from "./forced-amounts.ts";
import { captureDeadlineMs, type SimulatedPayment, type PaymentEventName, reservedLeft } from "./payment.ts";
import type { PlatformMoney } from "./requests.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

/** What a merchant's call did to a payment: the line to write into the event log. */
interface Adjustment {
  readonly name: PaymentEventName;
  readonly value: number;
}

const refundPeriodMs = 365 * 86_400_000;

/** Takes `amount` of the reservation, or refuses. Partial and repeated captures are allowed when the sales unit allows them. */
export function capture(payment: SimulatedPayment, amount: PlatformMoney, partial: boolean, nowMs: number): Adjustment {
  refuseCapture(payment, nowMs);
  checkAmount(payment, amount);
  if (reservedLeft(payment) === 0)
    refuse(
      payment.captured > 0
        ? mobilePayErrorCodes.paymentAlreadyCaptured
        : mobilePayErrorCodes.cannotCaptureCancelledPayment,
    );
  if (amount.value > reservedLeft(payment)) refuse(mobilePayErrorCodes.captureAmountTooHigh);
  if (!partial && amount.value !== payment.authorized) refuse(mobilePayErrorCodes.mustCaptureFullAmount);
  payment.captured += amount.value;
  return { name: "CAPTURED", value: amount.value };
}

function refuseCapture(payment: SimulatedPayment, nowMs: number): void {
  if (payment.state === "CREATED") refuse(mobilePayErrorCodes.cannotCaptureBeforeReservation);
  if (payment.state === "TERMINATED") refuse(mobilePayErrorCodes.cannotCaptureCancelledPayment);
  if (payment.state !== "AUTHORIZED") refuse(mobilePayErrorCodes.paymentCannotBeCaptured);
  if (nowMs >= (captureDeadlineMs(payment) ?? nowMs)) refuse(mobilePayErrorCodes.capturePeriodExpired);
}

/** Gives `amount` of what was captured back to the customer, or refuses. */
export function refund(payment: SimulatedPayment, amount: PlatformMoney, nowMs: number): Adjustment {
  if (payment.state === "CREATED") refuse(mobilePayErrorCodes.refundBeforeReservation);
  if (payment.state !== "AUTHORIZED") refuse(mobilePayErrorCodes.paymentCannotBeRefunded);
  checkAmount(payment, amount);
  const forced = forcedRefund(amount);
  if (forced !== undefined) refuse(forced);
  if (nowMs >= (payment.authorizedAtMs ?? nowMs) + refundPeriodMs) refuse(mobilePayErrorCodes.refundPeriodExpired);
  if (payment.captured > 0 && payment.refunded === payment.captured) refuse(mobilePayErrorCodes.paymentAlreadyRefunded);
  if (amount.value > payment.captured - payment.refunded) refuse(mobilePayErrorCodes.notEnoughRefundable);
  payment.refunded += amount.value;
  return { name: "REFUNDED", value: amount.value };
}

/** Withdraws the request, or releases all that is reserved and not captured. `onlyUnapproved` is `cancelTransactionOnly`. */
export function cancel(payment: SimulatedPayment, onlyUnapproved: boolean): Adjustment {
  if (payment.authorizing) refuse(mobilePayErrorCodes.cannotCancelProcessingPayment);
  if (payment.state === "CREATED") {
    payment.state = "TERMINATED";
    return { name: "TERMINATED", value: payment.amount.value };
  }
  if (payment.state !== "AUTHORIZED") refuse(mobilePayErrorCodes.paymentCannotBeCancelled);
  if (onlyUnapproved) refuse(mobilePayErrorCodes.cannotCancelAuthorizedPayment);
  return release(payment);
}

function release(payment: SimulatedPayment): Adjustment {
  const value = reservedLeft(payment);
  if (value === 0)
    refuse(
      payment.captured > 0
        ? mobilePayErrorCodes.cannotCancelCapturedPayment
        : mobilePayErrorCodes.paymentCannotBeCancelled,
    );
  payment.cancelled += value;
  return { name: "CANCELLED", value };
}

function checkAmount(payment: SimulatedPayment, amount: PlatformMoney): void {
  if (amount.value === 0 || amount.currency !== payment.amount.currency) refuse(mobilePayErrorCodes.invalidAmount);
}
