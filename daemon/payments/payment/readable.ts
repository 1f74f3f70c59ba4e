import * as z from "zod";
import { BridgeError } from "../../protocol/errors.ts";
import { decision, money } from "../../protocol/values.ts";
import { fold } from "./fold.ts";
import type { Payment, PaymentEventType, RecordedEvent } from "./payment.ts";

const nothing = z.looseObject({});
const intent = z.looseObject({ key: z.string(), body: z.string() });
const failure = z.looseObject({ code: z.string(), message: z.string() });
const refused = z.looseObject({ failure });
/** Of the payment, where it is a part of it. */
const part = z.looseObject({ amountMinor: z.int().min(0).optional() });

/** What the till goes by in each event. Further fields are a later version's and do no harm. */
const fields: Readonly<Record<PaymentEventType, z.ZodType>> = {
  started: z.looseObject({
    order: z.looseObject({
      paymentId: z.string(),
      saleId: z.string(),
      reference: z.string(),
      amount: money,
      customer: z.looseObject({ by: z.enum(["tillTag", "customerQr", "screenQr", "phone"]) }),
      capture: z.enum(["onApproval", "onReceipt"]),
    }),
  }),
  requested: intent,
  created: nothing,
  adopted: part,
  createRefused: refused,
  authorized: part,
  captureRequested: intent,
  captured: part,
  captureRefused: refused,
  cancelRequested: nothing,
  abandoned: nothing,
  rejected: nothing,
  expired: nothing,
  withdrawn: nothing,
  neverReached: nothing,
  released: part,
  releaseRefused: refused,
  receiptMade: z.looseObject({ receiptNumber: z.string() }),
  decided: z.looseObject({ decision }),
  refundStarted: z.looseObject({
    refund: z.looseObject({ refundId: z.string(), amount: money, key: z.string(), body: z.string() }),
  }),
  refunded: z.looseObject({ refundId: z.string() }),
  refundRefused: z.looseObject({ refundId: z.string(), failure }),
  refundedElsewhere: z.looseObject({ amountMinor: z.int().min(0) }),
  contradicted: z.looseObject({ amount: money.optional() }),
  agreed: nothing,
};

/**
 * The payment that its rows make. Throws `PAYMENT_UNREADABLE` when they make none: one was damaged, or was written by a later version.
 * Then nothing can be said of this payment, and nothing is done for it; all others go on.
 */
export function readPayment(paymentId: string, events: readonly RecordedEvent[]): Payment {
  try {
    if (events.every(isReadable)) return fold(events);
  } catch {
    // What follows is thrown for both.
  }
  throw new BridgeError("PAYMENT_UNREADABLE", { paymentId });
}

function isReadable(event: RecordedEvent): boolean {
  return Object.hasOwn(fields, event.type) && fields[event.type].safeParse(event).success;
}

export function isUnreadable(error: unknown): boolean {
  return error instanceof BridgeError && error.code === "PAYMENT_UNREADABLE";
}
