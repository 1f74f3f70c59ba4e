import type { World } from "../../world.ts";
import { apply, isOpen, type Payment, type PaymentEvent } from "../payment/payment.ts";
import { type PaymentStore, rowOf } from "../ports/store.ts";

/**
 * One payment that is being worked on: what is on disk about it, and what is true only while this process lives.
 * Changes are made one after the other, and believed only when they are durable.
 */
export class Run {
  payment: Payment;
  /** Pages that show this sale (ids of their sessions). */
  readonly holders = new Set<string>();
  /** Taken over from an earlier life of the daemon, and no page has taken it up since. */
  inherited: boolean;
  /** MobilePay has been asked in this life. A payment that waits for its customer is asked about too: the journal may be an old one. */
  asked: boolean;
  contactLost = false;
  /** It stood on the recovery list when that was last told. */
  listed = false;
  /** The loop that drives it is running. */
  driven = false;
  /** Callers that hold this run: it must not be forgotten while there are any. */
  users = 0;
  readonly sends: Sends;
  /** Wall clock, milliseconds since 1970: for showing only. */
  readonly now: () => number;
  /** How often MobilePay refused to cancel, for good: the next try needs a new key. */
  cancelsRefused = 0;
  /** When this process took the payment on, on the clock that never jumps. */
  readonly bornAtMs: number;
  readonly #store: PaymentStore;
  readonly #onChange: (run: Run, before: Payment) => void;
  #queue: Promise<unknown> = Promise.resolve();
  #waker = new AbortController();

  constructor(
    payment: Payment,
    options: { store: PaymentStore; world: World; inherited: boolean; onChange: (run: Run, before: Payment) => void },
  ) {
    this.payment = payment;
    this.inherited = options.inherited;
    this.asked = !options.inherited && payment.state !== "waitingForCustomer";
    this.bornAtMs = options.world.monotonicMs();
    this.sends = new Sends(options.world, options.inherited);
    this.now = () => options.world.now();
    this.#store = options.store;
    this.#onChange = options.onChange;
  }

  get paymentId(): string {
    return this.payment.order.paymentId;
  }

  /** Somebody goes on with this sale: a page shows it, its receipt was made, or it was decided to ring it up again. */
  get wanted(): boolean {
    return this.holders.size > 0 || this.payment.receiptNumber !== undefined || this.payment.decision === "reRing";
  }

  /**
   * Decides on what is on disk now, makes the events durable and believes them. Changes of one payment never overlap.
   * `asked`: the events come from MobilePay's answer.
   */
  change(decide: (payment: Payment) => readonly PaymentEvent[], { asked = false } = {}): Promise<Payment> {
    const turn = this.#queue.then(() => this.#change(decide, asked));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #change(decide: (payment: Payment) => readonly PaymentEvent[], asked: boolean): Promise<Payment> {
    const before = this.payment;
    const events = decide(before);
    const askedNow = asked && !this.asked;
    if (asked) this.asked = true;
    if (events.length > 0) await this.#believe(before, events, asked);
    if (events.length > 0 || askedNow) this.#onChange(this, before);
    if (events.length > 0) this.wake();
    return this.payment;
  }

  async #believe(before: Payment, events: readonly PaymentEvent[], asked: boolean): Promise<void> {
    const after = events.reduce((payment, event) => apply(payment, { ...event, at: before.updatedAt }), before);
    const happened = await this.#store.append(this.paymentId, events, rowOf(after, before));
    this.payment = happened.reduce(apply, before);
    // A refused refund tells nothing of what is left of the money: somebody else may have given part of it back.
    const untold = !asked || before.state === "refunding";
    if (after.state === "needsDecision" && before.state !== "needsDecision" && untold) this.asked = false;
  }

  /** Ends the loop's present wait. */
  wake(): void {
    this.#waker.abort();
  }

  /** Aborts when `wake` is called: for one wait. Take it before deciding to wait, so that no call is missed. */
  nextWake(): AbortSignal {
    if (this.#waker.signal.aborted) this.#waker = new AbortController();
    return this.#waker.signal;
  }

  get idle(): boolean {
    return this.users === 0 && !this.driven && !isOpen(this.payment);
  }
}

/** Longest time a request may stay on its way after we stopped waiting for its answer. */
export const inFlightMsMax = 60_000;

/**
 * Which requests may have reached MobilePay without our knowing the outcome, by idempotency key. In a daemon that took
 * the payment over from an earlier life, any journaled intent may have been sent.
 */
export class Sends {
  readonly #world: World;
  readonly #bornAt: number;
  readonly #inherited: boolean;
  readonly #doubtful = new Map<string, number>();
  readonly #known = new Set<string>();

  constructor(world: World, inherited: boolean) {
    this.#world = world;
    this.#inherited = inherited;
    this.#bornAt = world.monotonicMs();
  }

  sent(key: string): void {
    this.#known.add(key);
    this.#doubtful.set(key, this.#world.monotonicMs());
  }

  answered(key: string): void {
    this.#known.add(key);
    this.#doubtful.delete(key);
  }

  /** Whether an earlier request with this key may have taken effect, or may still do so. */
  inDoubt(key: string): boolean {
    return this.#doubtful.has(key) || (this.#inherited && !this.#known.has(key));
  }

  /** Whether no request with this key can be on its way any more. */
  quiet(key: string): boolean {
    if (!this.inDoubt(key)) return true;
    const sentAt = this.#doubtful.get(key) ?? this.#bornAt;
    return this.#world.monotonicMs() - sentAt >= inFlightMsMax;
  }
}
