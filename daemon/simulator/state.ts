import { type Payment, type PaymentState, isoTime } from "./payment.ts";
import type { Platform } from "./platform.ts";
import type { Money } from "./requests.ts";

/** A payment as screens show it. */
export interface PaymentShown {
  readonly reference: string;
  readonly amount: Money;
  readonly state: PaymentState;
  readonly authorizing: boolean;
  readonly customer?: string;
  readonly declined?: string;
  readonly description?: string;
  readonly oneTimeCode?: string;
  readonly authorized: number;
  readonly cancelled: number;
  readonly captured: number;
  readonly refunded: number;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** A code on a counter. */
interface TagShown {
  readonly merchantQrId: string;
  readonly merchantSerialNumber: string;
  readonly locationDescription: string;
  readonly qrContent: string;
}

/** What `GET /simulator/state` answers and `GET /simulator/events` sends: all that the phone page needs. */
export interface SimulatorState {
  readonly shop: { readonly name: string; readonly merchantSerialNumber: string; readonly currency: string };
  /** On the simulator's clock. */
  readonly now: string;
  readonly customers: readonly { readonly phoneNumber: string; readonly name: string; readonly personalQr: string }[];
  readonly tags: readonly TagShown[];
  /** The last fifty, newest last. */
  readonly payments: readonly PaymentShown[];
}

const paymentsShown = 50;

/** The platform as screens show it. */
export function simulatorState(platform: Platform): SimulatorState {
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

function paymentShown(payment: Payment): PaymentShown {
  const { reference, amount, state, authorizing, customer, declined, oneTimeCode } = payment;
  const { authorized, cancelled, captured, refunded, request } = payment;
  const { paymentDescription } = request;
  return {
    ...{ reference, amount, state, authorizing, authorized, cancelled, captured, refunded },
    ...(customer === undefined ? {} : { customer }),
    ...(declined === undefined ? {} : { declined }),
    ...(oneTimeCode === undefined ? {} : { oneTimeCode }),
    ...(paymentDescription === undefined ? {} : { description: paymentDescription }),
    createdAt: isoTime(payment.createdAtMs),
    expiresAt: isoTime(payment.expiresAtMs),
  };
}
