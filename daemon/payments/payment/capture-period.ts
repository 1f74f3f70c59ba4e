import type { Currency } from "../../protocol/values.ts";
import { type Payment, reserved } from "./payment.ts";

/** A day. */
const dayMs = 86_400_000;
/** Days that a reservation lasts. Source: MobilePay's payment lifecycle: 14 in Denmark and Finland, 180 in Norway. */
const daysMax: Readonly<Record<Currency, number>> = { DKK: 14, EUR: 14, SEK: 14, NOK: 180 };
/** A person is warned so long before. */
const nearMs = 3 * dayMs;

/**
 * When a reservation that is neither taken nor released falls back to the customer, milliseconds since 1970 by the till's clock;
 * undefined when nothing is reserved.
 */
export function captureBefore(payment: Payment): number | undefined {
  const { order, authorizedAt } = payment;
  if (authorizedAt === undefined || reserved(payment) <= 0) return undefined;
  return authorizedAt + daysMax[order.amount.currency] * dayMs;
}

/** Whether that is so near that a person must act, or past. */
export function isCaptureNear(before: number, now: number): boolean {
  return now >= before - nearMs;
}
