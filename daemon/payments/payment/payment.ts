import type { Customer, Decision, Failure, Money, PaymentState, Receipt, RefundState } from "../../protocol/values.ts";
import { nextState } from "./machine.ts";

/**
 * What has happened to one payment, in order. A payment is the fold of these and nothing else; they are journaled before
 * they are believed. `key` and `body` of a request are on disk before it is sent, and are sent again unchanged.
 */
export type PaymentEvent =
  | { type: "started"; order: PaymentOrder }
  | { type: "requested"; key: string; body: string; checkIn?: { ageSeconds: number; others: number } }
  | { type: "created"; qrContent?: string }
  | { type: "adopted" }
  | { type: "createRefused"; failure: Failure }
  | { type: "authorized" }
  | { type: "captureRequested"; key: string; body: string }
  | { type: "captured" }
  | { type: "captureRefused"; failure: Failure }
  | { type: "cancelRequested" }
  | { type: "abandoned" }
  | { type: "rejected" }
  | { type: "expired" }
  | { type: "withdrawn" }
  | { type: "neverReached" }
  | { type: "released" }
  | { type: "receiptMade"; receiptNumber: string }
  | { type: "decided"; decision: Decision; decidedBy?: string; reason?: string; saleId?: string }
  | { type: "refundStarted"; refund: RefundOrder }
  | { type: "refunded"; refundId: string }
  | { type: "refundRefused"; refundId: string; failure: Failure }
  | { type: "refundedElsewhere"; amountMinor: number };

export type PaymentEventType = PaymentEvent["type"];

/** What the POS asked for, kept word for word so that a repeated call can be told from a different one. */
export interface PaymentOrder {
  readonly paymentId: string;
  readonly saleId: string;
  readonly reference: string;
  readonly amount: Money;
  readonly customer: Customer;
  readonly capture: "onApproval" | "onReceipt";
  /** SHA-256 over the whole request, to recognise a repeat. */
  readonly fingerprint: string;
  readonly description?: string;
  readonly receipt?: Receipt;
}

export interface RefundOrder {
  readonly refundId: string;
  readonly amount: Money;
  readonly key: string;
  readonly body: string;
  readonly reason?: string;
  /** Set when the refund carries out a recovery decision. */
  readonly byDecision?: true;
}

/** A request that is on disk and may or may not have been sent. */
export interface Intent {
  readonly key: string;
  readonly body: string;
}

/** The fold. Amounts in minor units of `order.amount.currency`. */
export interface Payment {
  readonly order: PaymentOrder;
  readonly saleId: string;
  readonly state: PaymentState;
  readonly authorized: number;
  /** The till's wall clock when it learnt that money is reserved. */
  readonly authorizedAt?: number;
  readonly captured: number;
  readonly cancelled: number;
  readonly create?: Intent;
  readonly checkIn?: { readonly ageSeconds: number; readonly others: number };
  readonly qrContent?: string;
  readonly capture?: Intent;
  /** How often a capture was refused for good: the next one needs a new key. */
  readonly capturesRefused: number;
  readonly failure?: Failure;
  readonly receiptNumber?: string;
  readonly decision?: Decision;
  readonly refunds: readonly Refund[];
  /** Given back without us (in the business portal, by another till), minor units. */
  readonly refundedElsewhereMinor: number;
  readonly startedAt: number;
  readonly updatedAt: number;
}

export interface Refund {
  readonly order: RefundOrder;
  readonly state: RefundState;
  readonly failure?: Failure;
  readonly startedAt: number;
  readonly updatedAt: number;
}

/** An event with the wall clock of the till when it was journaled (milliseconds; for showing only). */
export type Happened = PaymentEvent & { readonly at: number };

/** The payment after all of `events`. The first must be `started`. */
export function fold(events: readonly Happened[]): Payment {
  const [first, ...rest] = events;
  if (first?.type !== "started") throw new Error("assertion failed: a payment begins with started");
  return rest.reduce(apply, begin(first.order, first.at));
}

/** The payment after one more event. Throws when the event cannot happen in this state: that would be our own mistake. */
export function apply(payment: Payment, event: Happened): Payment {
  const moved = { ...payment, state: nextState(payment, event), updatedAt: event.at };
  switch (event.type) {
    case "requested":
      return { ...moved, create: intent(event), ...(event.checkIn && { checkIn: event.checkIn }) };
    case "created":
      return { ...moved, ...(event.qrContent !== undefined && { qrContent: event.qrContent }) };
    case "createRefused":
      return { ...moved, failure: event.failure };
    case "authorized":
      return { ...moved, authorized: payment.order.amount.value, authorizedAt: event.at };
    case "captureRequested":
      return { ...without(moved, "failure"), capture: intent(event) };
    case "adopted":
      return { ...moved, authorized: payment.order.amount.value, captured: payment.order.amount.value };
    case "captured":
      return { ...moved, captured: payment.order.amount.value };
    case "captureRefused":
      return {
        ...without(moved, "capture", "decision"),
        failure: event.failure,
        capturesRefused: payment.capturesRefused + 1,
      };
    case "released":
      return { ...moved, cancelled: payment.order.amount.value };
    case "receiptMade":
      return { ...moved, receiptNumber: event.receiptNumber };
    case "decided":
      return { ...decided(moved, event), decision: event.decision, saleId: event.saleId ?? payment.saleId };
    case "refundStarted":
      return {
        ...moved,
        refunds: [
          ...payment.refunds,
          { order: event.refund, state: "refunding", startedAt: event.at, updatedAt: event.at },
        ],
      };
    case "refunded":
      return { ...moved, refunds: settle(payment, event.refundId, { state: "refunded", updatedAt: event.at }) };
    case "refundRefused":
      return refundRefused(payment, moved, event);
    case "refundedElsewhere":
      return { ...moved, refundedElsewhereMinor: event.amountMinor };
    default:
      return moved;
  }
}

function begin(order: PaymentOrder, at: number): Payment {
  return {
    order,
    saleId: order.saleId,
    state: "waitingForCustomer",
    authorized: 0,
    captured: 0,
    cancelled: 0,
    capturesRefused: 0,
    refunds: [],
    refundedElsewhereMinor: 0,
    startedAt: at,
    updatedAt: at,
  };
}

/** Ringing up again makes a new receipt: one that was made before the money was there no longer counts. */
function decided(moved: Payment, { decision }: PaymentEvent & { type: "decided" }): Payment {
  return decision === "reRing" ? without(moved, "failure", "receiptNumber") : without(moved, "failure");
}

/** A refused recovery refund hands the decision back to a person; any other refused refund changes nothing but itself. */
function refundRefused(payment: Payment, moved: Payment, event: Happened & { type: "refundRefused" }): Payment {
  const refunds = settle(payment, event.refundId, { state: "failed", failure: event.failure, updatedAt: event.at });
  if (payment.state !== "refunding") return { ...moved, refunds };
  return { ...without(moved, "decision"), refunds, failure: event.failure };
}

function settle(payment: Payment, refundId: string, change: Partial<Refund>): Refund[] {
  return payment.refunds.map((refund) => (refund.order.refundId === refundId ? { ...refund, ...change } : refund));
}

function intent({ key, body }: Intent): Intent {
  return { key, body };
}

function without<Key extends "failure" | "capture" | "decision" | "receiptNumber">(
  payment: Payment,
  ...keys: Key[]
): Omit<Payment, Key> & Partial<Pick<Payment, Key>> {
  const copy: { -readonly [K in keyof Payment]: Payment[K] } = { ...payment };
  for (const key of keys) delete copy[key as "failure"];
  return copy;
}

/** What has been given back so far, and what refunds under way may still give back, in minor units. */
export function refundedSoFar(payment: Payment): number {
  return sum(payment, "refunded") + payment.refundedElsewhereMinor;
}
export function refundsUnderWay(payment: Payment): number {
  return sum(payment, "refunding");
}

function sum(payment: Payment, state: RefundState): number {
  return payment.refunds
    .filter((refund) => refund.state === state)
    .reduce((total, refund) => total + refund.order.amount.value, 0);
}

const finalStates: ReadonlySet<PaymentState> = new Set([
  "completed",
  "cancelled",
  "rejected",
  "expired",
  "failed",
  "refunded",
]);

/** Whether the payment has come to its end. A refund of it may still be under way. */
export function isFinal(payment: Payment): boolean {
  return finalStates.has(payment.state);
}

/** Whether the daemon or a person still has something to do about this payment or a refund of it. */
export function isOpen(payment: Payment): boolean {
  return !isFinal(payment) || refundsUnderWay(payment) > 0;
}
