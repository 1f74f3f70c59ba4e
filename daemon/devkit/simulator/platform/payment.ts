import type { CreatePaymentRequest, PlatformMoney } from "./requests.ts";

/** The platform's states. All but `CREATED` are final: money moves in the aggregate, not in the state. */
export type SimulatedPaymentState = "CREATED" | "AUTHORIZED" | "ABORTED" | "EXPIRED" | "TERMINATED";

/** What the event log and the webhooks can report. */
export type PaymentEventName = SimulatedPaymentState | "CANCELLED" | "CAPTURED" | "REFUNDED";

/** One line of a payment's event log. Each has its own `pspReference`. */
export interface SimulatedPaymentEvent {
  readonly reference: string;
  readonly pspReference: string;
  readonly name: PaymentEventName;
  readonly amount: PlatformMoney;
  readonly timestamp: string;
  readonly idempotencyKey?: string;
  readonly success: boolean;
}

/** A payment as the platform knows it. Amounts are minor units of `amount.currency`; times are milliseconds since 1970. */
export interface SimulatedPayment {
  readonly reference: string;
  readonly msn: string;
  readonly amount: PlatformMoney;
  readonly pspReference: string;
  readonly request: CreatePaymentRequest;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** What `redirectUrl` answers; a push message has none. */
  readonly redirectUrl?: string;
  /** The text of the one-time QR code (`userFlow: QR`). */
  readonly oneTimeCode?: string;
  readonly events: SimulatedPaymentEvent[];
  state: SimulatedPaymentState;
  /** The customer's approval is under way: a cancel is refused with 6250, and the payment does not expire meanwhile. */
  authorizing: boolean;
  authorizedAtMs?: number;
  /** Phone number of the customer who was asked, or who scanned the one-time code. */
  customer?: string;
  /** Why the customer's last attempt failed, as the app shows it. */
  declined?: string;
  authorized: number;
  cancelled: number;
  captured: number;
  refunded: number;
}

/** What is reserved and neither taken nor given back yet. */
export function reservedLeft(payment: SimulatedPayment): number {
  return payment.authorized - payment.cancelled - payment.captured;
}

/** The body of GET: schema `GetPaymentResponse`. */
export function paymentBody(payment: SimulatedPayment): Record<string, unknown> {
  return {
    ...modificationBody(payment),
    paymentMethod: { type: payment.request.paymentMethod.type },
    profile: {},
    // Always the landing page, also where the answer to create was a code's text.
    ...(payment.redirectUrl === undefined ? {} : { redirectUrl: landingPage(payment) }),
    ...(payment.request.metadata ? { metadata: payment.request.metadata } : {}),
    ...(payment.authorizedAtMs === undefined
      ? {}
      : { captureGuaranteedUntil: isoTime(captureDeadlineMs(payment) ?? 0) }),
  };
}

function landingPage({ redirectUrl = "", oneTimeCode, pspReference }: SimulatedPayment): string {
  return oneTimeCode === undefined ? redirectUrl : `https://landing.vipps.no?token=${pspReference.replaceAll("-", "")}`;
}

/** The body that cancel, capture and refund answer: schema `ModificationResponse`. */
export function modificationBody(payment: SimulatedPayment): Record<string, unknown> {
  const amount = (value: number): PlatformMoney => ({ currency: payment.amount.currency, value });
  return {
    amount: payment.amount,
    state: payment.state,
    aggregate: {
      authorizedAmount: amount(payment.authorized),
      cancelledAmount: amount(payment.cancelled),
      capturedAmount: amount(payment.captured),
      refundedAmount: amount(payment.refunded),
    },
    pspReference: payment.pspReference,
    reference: payment.reference,
  };
}

const dayMs = 86_400_000;

/** When a reservation lapses: 14 days in Denmark and Finland, 180 in Norway. Nothing before the customer has approved. */
export function captureDeadlineMs(payment: SimulatedPayment): number | undefined {
  if (payment.authorizedAtMs === undefined) return undefined;
  return payment.authorizedAtMs + (payment.amount.currency === "NOK" ? 180 : 14) * dayMs;
}

/** RFC 3339 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
