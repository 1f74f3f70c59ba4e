import { isoTime, type SimulatedPayment } from "../platform/payment.ts";
import type { SimulatedPlatform } from "../platform/platform.ts";
import type { PaymentShown, SimulatorState } from "../shown.ts";

const paymentsShown = 50;

/** The platform as screens show it. */
export function simulatorState(platform: SimulatedPlatform): SimulatorState {
  const { name, currency, credentials } = platform.unit;
  const { merchantSerialNumber } = credentials;
  return {
    shop: { name, merchantSerialNumber, currency },
    now: isoTime(platform.clock.now()),
    customers: [...platform.customers.values()].map(({ phoneNumber, name, personalQr }) => ({
      phoneNumber,
      name,
      personalQr,
    })),
    tags: platform.merchantQrs.list(merchantSerialNumber),
    payments: platform.payments.latest(paymentsShown).map(paymentShown),
  };
}

/** A payment as screens show it. */
export function paymentShown(payment: SimulatedPayment): PaymentShown {
  const { reference, amount, state, authorizing, customer, declined, oneTimeCode } = payment;
  const { authorized, cancelled, captured, refunded, request } = payment;
  const { paymentDescription } = request;
  return {
    reference,
    amount,
    state,
    authorizing,
    authorized,
    cancelled,
    captured,
    refunded,
    ...(customer === undefined ? {} : { customer }),
    ...(declined === undefined ? {} : { declined }),
    ...(oneTimeCode === undefined ? {} : { oneTimeCode }),
    ...(paymentDescription === undefined ? {} : { description: paymentDescription }),
    createdAt: isoTime(payment.createdAtMs),
    expiresAt: isoTime(payment.expiresAtMs),
  };
}
