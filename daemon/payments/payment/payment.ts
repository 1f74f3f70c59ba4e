import { isFinalState } from "../../protocol/payment-stage.ts";
import type { Customer, Decision, Failure, Money, PaymentState, Receipt, RefundState } from "../../protocol/values.ts";

/**
 * What has happened to one payment, in order. A payment is the fold of these and nothing else; they are journaled before
 * they are believed. `key` and `body` of a request are on disk before it is sent, and are sent again unchanged. `amountMinor` is all of
 * it so far by MobilePay's sums; absent: the whole amount of the order. `inDoubt`: the payment was not asked for as far as this journal
 * knows, and MobilePay has not said yet that it does not know it either.
 */
export type PaymentEvent =
  | { type: "started"; order: PaymentOrder }
  | { type: "requested"; key: string; body: string; checkIn?: { ageSeconds: number; others: number } }
  | { type: "created"; qrContent?: string }
  | { type: "adopted"; amountMinor?: number }
  | { type: "createRefused"; failure: Failure }
  | { type: "authorized"; amountMinor?: number }
  | { type: "captureRequested"; key: string; body: string }
  | { type: "captured"; amountMinor?: number }
  | { type: "captureRefused"; failure: Failure }
  | { type: "cancelRequested"; inDoubt?: true }
  | { type: "abandoned"; inDoubt?: true }
  | { type: "rejected" }
  | { type: "expired" }
  | { type: "withdrawn" }
  | { type: "neverReached" }
  | { type: "released"; amountMinor?: number }
  | { type: "releaseRefused"; failure: Failure }
  | { type: "receiptMade"; receiptNumber: string; mobilePayAt?: number }
  | { type: "decided"; decision: Decision; decidedBy?: string; reason?: string; saleId?: string }
  | { type: "refundStarted"; refund: RefundOrder }
  | { type: "refunded"; refundId: string }
  | { type: "refundRefused"; refundId: string; failure: Failure }
  | { type: "refundedElsewhere"; amountMinor: number }
  | { type: "contradicted"; amount?: Money }
  | { type: "agreed" };

export type PaymentEventType = PaymentEvent["type"];

/** What the POS asked for, kept word for word so that a repeated call can be distinguished from a different one. */
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
  /** Of a purchase that was taken over from another till of the shop: what that till's references begin with. */
  readonly soldBy?: string;
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
  /** How often a capture was refused for good, or others took a part of its amount first: the next one needs a new key. */
  readonly capturesRefused: number;
  readonly failure?: Failure;
  readonly receiptNumber?: string;
  /** When the last receipt was made: by the till's wall clock and, where it was known, by MobilePay's; milliseconds since 1970. */
  readonly sold?: { readonly at: number; readonly mobilePayAt?: number };
  readonly decision?: Decision;
  readonly refunds: readonly Refund[];
  /** Refunded without us (in the business portal, by another till), minor units. */
  readonly refundedElsewhereMinor: number;
  /** What MobilePay says again and again cannot be true of this payment; where it has another amount under the reference, which. */
  readonly contradiction?: { readonly amount?: Money };
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
export type RecordedEvent = PaymentEvent & { readonly at: number };

/** What has been refunded so far, and what refunds under way may still refund, in minor units. */
export function refundedSoFar(payment: Payment): number {
  return sum(payment, "refunded") + payment.refundedElsewhereMinor;
}
export function refundsUnderWay(payment: Payment): number {
  return sum(payment, "refunding");
}

/** What was taken and not given back. */
export function kept(payment: Payment): number {
  return payment.captured - refundedSoFar(payment);
}

/** What is reserved and neither taken nor released. */
export function reserved({ authorized, captured, cancelled }: Payment): number {
  return authorized - captured - cancelled;
}

/** Whether MobilePay has taken the whole amount, or still can, and nothing of it was given back. */
export function canBePaidWhole(payment: Payment): boolean {
  return payment.captured + reserved(payment) >= payment.order.amount.value && refundedSoFar(payment) === 0;
}

function sum(payment: Payment, state: RefundState): number {
  return payment.refunds
    .filter((refund) => refund.state === state)
    .reduce((total, refund) => total + refund.order.amount.value, 0);
}

/** Whether the payment has come to its end. A refund of it may still be under way. */
export function isFinal(payment: Payment): boolean {
  return isFinalState(payment.state);
}

/** Whether the daemon or a person still has something to do about this payment or a refund of it. */
export function isOpen(payment: Payment): boolean {
  return !isFinal(payment) || refundsUnderWay(payment) > 0;
}
