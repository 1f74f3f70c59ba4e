import type { SimulatorClock } from "../clock.ts";
import type { SalesUnit } from "../sales-unit.ts";
import { cancel, capture, refund } from "./adjustments.ts";
import { checkCreation, expiryMs } from "./creation-rules.ts";
import { publishedErrors, PlatformRefusal, refuse } from "./errors.ts";
import {
  captureDeadlineMs,
  isoTime,
  type SimulatedPayment,
  type SimulatedPaymentEvent,
  type PaymentEventName,
  reservedLeft,
} from "./payment.ts";
import type { CreatePaymentRequest, PlatformMoney } from "./requests.ts";
import { mobilePayErrorCodes } from "../../../mobilepay/error-codes.ts";

/** A simulator that runs for weeks must not grow for ever; no shop test makes this many. */
const paymentsMax = 100_000;

/** What the payments need from the rest of the platform. */
export interface PaymentsPort {
  readonly unit: SalesUnit;
  readonly clock: SimulatorClock;
  uuid(): string;
  /** Finds the customer of a request (phone number), or refuses: 4050, 4060, 4070, 7010. */
  customerOf(request: CreatePaymentRequest): string | undefined;
  /** Where a QR code's image is served. */
  imageUrl(content: string, format: "SVG" | "PNG", size?: number): string;
  /** Every line written into an event log, in order. */
  happened(payment: SimulatedPayment, event: SimulatedPaymentEvent): void;
}

/** All payments of the sales unit, by reference. */
export class SimulatedPayments {
  readonly #port: PaymentsPort;
  readonly #byReference = new Map<string, SimulatedPayment>();

  constructor(port: PaymentsPort) {
    this.#port = port;
  }

  create(request: CreatePaymentRequest, idempotencyKey: string): SimulatedPayment {
    const nowMs = this.#port.clock.now();
    if (this.#byReference.has(request.reference)) refuse(mobilePayErrorCodes.referenceExists);
    checkCreation(request, this.#port.unit, nowMs);
    const customer = this.#port.customerOf(request);
    if (this.#byReference.size >= paymentsMax)
      throw new PlatformRefusal(500, publishedErrors[mobilePayErrorCodes.internalError].title, []);
    const payment = this.#make(request, nowMs, customer);
    this.#byReference.set(payment.reference, payment);
    this.#write(payment, "CREATED", payment.amount.value, { idempotencyKey, pspReference: payment.pspReference });
    return payment;
  }

  #make(request: CreatePaymentRequest, nowMs: number, customer: string | undefined): SimulatedPayment {
    return {
      reference: request.reference,
      msn: this.#port.unit.credentials.merchantSerialNumber,
      amount: request.amount,
      pspReference: this.#port.uuid(),
      request,
      createdAtMs: nowMs,
      expiresAtMs: expiryMs(request, nowMs),
      ...this.#links(request),
      ...(customer === undefined ? {} : { customer }),
      events: [],
      state: "CREATED",
      authorizing: false,
      authorized: 0,
      cancelled: 0,
      captured: 0,
      refunded: 0,
    };
  }

  #links(request: CreatePaymentRequest): Pick<SimulatedPayment, "redirectUrl" | "oneTimeCode"> {
    const token = this.#port.uuid().replaceAll("-", "");
    if (request.userFlow === "PUSH_MESSAGE") return {};
    if (request.userFlow !== "QR") return { redirectUrl: `https://landing.vipps.no?token=${token}` };
    const oneTimeCode = `https://qr.vipps.no/o/${token}`;
    const format = request.qrFormat?.format ?? "IMAGE/SVG+XML";
    if (format === "TEXT/TARGETURL") return { oneTimeCode, redirectUrl: oneTimeCode };
    const redirectUrl =
      format === "IMAGE/PNG"
        ? this.#port.imageUrl(oneTimeCode, "PNG", request.qrFormat?.size ?? 1024)
        : this.#port.imageUrl(oneTimeCode, "SVG");
    return { oneTimeCode, redirectUrl };
  }

  /** The payment as it is now, or refuses with 5090. */
  get(reference: string): SimulatedPayment {
    const payment = this.#byReference.get(reference);
    if (!payment) refuse(mobilePayErrorCodes.referenceNotFound);
    this.settle(payment);
    return payment;
  }

  /** Newest last, each as it is now. */
  all(): SimulatedPayment[] {
    const payments = [...this.#byReference.values()];
    for (const payment of payments) this.settle(payment);
    return payments;
  }

  /** The last `count`, newest last, each as it is now. */
  latest(count: number): SimulatedPayment[] {
    const payments = [...this.#byReference.values()].slice(-count);
    for (const payment of payments) this.settle(payment);
    return payments;
  }

  cancel(reference: string, onlyUnapproved: boolean): SimulatedPayment {
    const payment = this.get(reference);
    const { name, value } = cancel(payment, onlyUnapproved);
    // The published log carries no key on CANCELLED, not even when the merchant sent one.
    this.#write(payment, name, value);
    return payment;
  }

  capture(reference: string, amount: PlatformMoney, idempotencyKey: string): SimulatedPayment {
    const payment = this.get(reference);
    const { name, value } = capture(payment, amount, this.#port.unit.features.partialCapture, this.#port.clock.now());
    this.#write(payment, name, value, { idempotencyKey });
    return payment;
  }

  refund(reference: string, amount: PlatformMoney, idempotencyKey: string): SimulatedPayment {
    const payment = this.get(reference);
    const { name, value } = refund(payment, amount, this.#port.clock.now());
    this.#write(payment, name, value, { idempotencyKey });
    return payment;
  }

  /** The customer's approval went through. */
  authorize(payment: SimulatedPayment): void {
    payment.authorizing = false;
    payment.state = "AUTHORIZED";
    payment.authorized = payment.amount.value;
    payment.authorizedAtMs = this.#port.clock.now();
    delete payment.declined;
    this.#write(payment, "AUTHORIZED", payment.amount.value);
  }

  /** The customer approved and the bank said no: the customer may try again, so the state stays. */
  decline(payment: SimulatedPayment, reason: string): void {
    payment.authorizing = false;
    payment.declined = reason;
    this.#write(payment, "AUTHORIZED", payment.amount.value, { success: false });
  }

  /** The customer said no. */
  abort(payment: SimulatedPayment): void {
    payment.state = "ABORTED";
    this.#write(payment, "ABORTED", payment.amount.value);
  }

  /** Lets time do its part: an unanswered request expires, a reservation that nobody captured lapses. */
  settle(payment: SimulatedPayment): void {
    const nowMs = this.#port.clock.now();
    if (payment.state === "CREATED" && !payment.authorizing && nowMs >= payment.expiresAtMs) {
      payment.state = "EXPIRED";
      this.#write(payment, "EXPIRED", payment.amount.value);
    }
    const left = reservedLeft(payment);
    if (left > 0 && nowMs >= (captureDeadlineMs(payment) ?? Number.POSITIVE_INFINITY)) {
      payment.cancelled += left;
      this.#write(payment, "CANCELLED", left);
    }
  }

  #write(
    payment: SimulatedPayment,
    name: PaymentEventName,
    value: number,
    more: Partial<SimulatedPaymentEvent> = {},
  ): void {
    const event: SimulatedPaymentEvent = {
      reference: payment.reference,
      pspReference: this.#port.uuid(),
      name,
      amount: { currency: payment.amount.currency, value },
      timestamp: isoTime(this.#port.clock.now()),
      success: true,
      ...more,
    };
    payment.events.push(event);
    this.#port.happened(payment, event);
  }
}
