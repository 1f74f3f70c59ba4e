import type { World } from "../../world.ts";
import { isFinal, type Payment } from "../payment/payment.ts";
import { Backoff } from "./backoff.ts";

/** A wait that an answer asks for is no longer than this for a question, and for a move that a customer or a page waits for. */
const retryAfterMsMax = 60_000;
/** Nobody can approve any more: what others do, or what comes late, is seen soon enough. */
const rareLookMs = 5000;
/** A minute of these, then one a minute. */
const rareLooksMax = 12;
const seldomLookMs = 60_000;

/**
 * When a payment is asked about next, and when the request that moves it is sent next: MobilePay takes few of the latter, and what it
 * says of one kind of call is no reason to ask nothing.
 */
export class Pace {
  readonly #world: Pick<World, "monotonicMs">;
  readonly #looks = new Backoff();
  readonly #moves = new Backoff();
  readonly #writes = new Backoff();
  #rareLooks = 0;
  #moveAtMs = 0;

  constructor(world: Pick<World, "monotonicMs">) {
    this.#world = world;
  }

  /** How long until the next move. */
  get untilMoveMs(): number {
    return Math.max(0, this.#moveAtMs - this.#world.monotonicMs());
  }

  /** A person, a page or MobilePay gives reason to try at once. */
  hurry(): void {
    this.#moveAtMs = 0;
    this.#rareLooks = 0;
  }

  /** Nothing came of the move. */
  notMoved(payment: Payment, retryAfterMs: number | undefined, isShown: boolean): void {
    const isWaitedFor = isShown || mayBeApproved(payment);
    const askedMs = isWaitedFor && retryAfterMs !== undefined ? Math.min(retryAfterMs, retryAfterMsMax) : retryAfterMs;
    this.#moveAtMs = this.#world.monotonicMs() + this.#moves.afterUnknown(askedMs);
  }

  moved(): void {
    this.#moveAtMs = 0;
    this.#moves.afterAnswer(true);
  }

  /** How long to wait for the next look after one that was answered. */
  looked(payment: Payment, isProgress: boolean): number {
    const soonMs = this.#looks.afterAnswer(isProgress);
    if (isProgress) {
      this.#rareLooks = 0;
      this.moved();
    }
    if (isProgress || mayBeApproved(payment)) return soonMs;
    this.#rareLooks += 1;
    return this.#rareLooks <= rareLooksMax ? rareLookMs : seldomLookMs;
  }

  /** The same after one that taught nothing. */
  notLooked(payment: Payment, retryAfterMs: number | undefined): number {
    const askedMs = retryAfterMs !== undefined ? Math.min(retryAfterMs, retryAfterMsMax) : undefined;
    return this.#looks.afterUnknown(askedMs, mayBeApproved(payment));
  }

  /** How long to wait after a write that failed. */
  notWritten(): number {
    return this.#writes.afterUnknown(undefined);
  }

  written(): void {
    this.#writes.afterAnswer(true);
  }

  get looksFailed(): number {
    return this.#looks.failures;
  }

  get movesFailed(): number {
    return this.#moves.failures;
  }
}

/** Whether the customer may approve at any moment, and has to be seen then. */
function mayBeApproved(payment: Payment): boolean {
  return payment.authorized === 0 && !isFinal(payment);
}
