import type { Failure, Money } from "../../protocol/values.ts";
import type { RequestBodies } from "../payment/request-bodies.ts";

/**
 * What payments need of MobilePay. Every call is made at most once per invocation; repeating is the caller's business,
 * with the same key and the same body. A timeout, a broken connection, a busy platform or an answer that makes no sense
 * is `unknown`: it says nothing about what happened.
 */
export interface Gateway extends RequestBodies {
  create(call: KeyedCall): Promise<GatewayAnswer<Created>>;
  getPayment(reference: string): Promise<GatewayAnswer<Snapshot> | NotFound>;
  /** `onlyIfNotApproved`: MobilePay refuses (6060) instead of releasing a reservation that the customer made meanwhile. */
  cancel(reference: string, key: string, onlyIfNotApproved: boolean): Promise<GatewayAnswer<Snapshot> | NotFound>;
  capture(call: KeyedCall): Promise<GatewayAnswer<Snapshot>>;
  refund(call: KeyedCall): Promise<GatewayAnswer<Snapshot>>;
  /**
   * Whether the capture or refund with this idempotency key took effect, by the platform's own event log. `unnamed`: the log names no
   * keys, and does not say.
   */
  wasApplied(reference: string, key: string): Promise<GatewayAnswer<boolean | "unnamed">>;
}

/** `key` is the idempotency key (at most 50 characters). */
export interface KeyedCall {
  readonly reference: string;
  readonly key: string;
  readonly body: string;
}

export type GatewayAnswer<Value> = { readonly kind: "ok"; readonly value: Value } | Refused | Unknown;

/** MobilePay said no, for good: this key will never do it. */
export interface Refused {
  readonly kind: "refused";
  readonly failure: Failure;
  /** MobilePay's own number, such as 6060, where it gave one. */
  readonly mobilePayCode?: number;
  /** Refused before the request was looked at: certainly nothing of it was done. */
  readonly isUntouched?: true;
}

/** Nothing was learnt. Ask again, not before `retryAfterMs` where the platform named it. */
export interface Unknown {
  readonly kind: "unknown";
  /** `unreachable`: no usable answer came; `busy`: the platform asked to wait; `nonsense`: the answer contradicts itself or what was asked. */
  readonly why: "unreachable" | "busy" | "nonsense";
  readonly retryAfterMs?: number;
}

/** MobilePay knows no payment with this reference (yet: a request may still be on its way). */
export interface NotFound {
  readonly kind: "notFound";
}

export interface Created {
  readonly reference: string;
  /** For a code on the screen: what the code must contain. */
  readonly qrContent?: string;
}

/** MobilePay's view of a payment. Amounts in minor units. `state` stays `AUTHORIZED` after capture, refund and release. */
export interface Snapshot {
  readonly reference: string;
  readonly state: "CREATED" | "AUTHORIZED" | "ABORTED" | "EXPIRED" | "TERMINATED";
  readonly amount: Money;
  readonly authorized: number;
  readonly cancelled: number;
  readonly captured: number;
  readonly refunded: number;
}
