import { stageOf } from "../../protocol/payment-stage.ts";
import type { World } from "../../world.ts";
import type { OutcomeDoubt } from "../payment/commands.ts";
import { apply } from "../payment/fold.ts";
import type { Payment, PaymentEvent } from "../payment/payment.ts";
import { type PaymentStore, rowOf } from "../ports/store.ts";
import { Insistence } from "./insistence.ts";
import { InFlightRequests } from "./in-flight-requests.ts";

/** The journal tries every five seconds whether the disk takes anything again. */
const doubtLookMs = 1000;

export interface PaymentProcessOptions {
  readonly store: PaymentStore;
  readonly world: World;
  /** Taken over from an earlier life of the daemon. */
  readonly recoveredAtStart: boolean;
  /** When this daemon started, on the clock that never jumps. */
  readonly lifeBeganAtMs: number;
  /** What was published about the payment is not true any more. `before` is undefined when nothing that is on disk has changed. */
  readonly onChange: (process: PaymentProcess, before?: Payment) => void;
}

/**
 * One payment that is being worked on: what is on disk about it, and what is true only while this process lives.
 * Changes are made one after the other, and believed only when they are durable.
 */
export class PaymentProcess {
  readonly inFlight: InFlightRequests;
  readonly insistence = new Insistence();
  /** Wall clock, milliseconds since 1970: for showing only. */
  readonly now: () => number;
  /** When this process took the payment on, on the clock that never jumps. */
  readonly loadedAtMs: number;
  readonly #store: PaymentStore;
  readonly #onChange: PaymentProcessOptions["onChange"];
  /** Pages that show this sale (ids of their sessions). */
  readonly #sessionIds = new Set<string>();
  #payment: Payment;
  #recoveredAtStart: boolean;
  #queriedSinceStart: boolean;
  #oldQueryForgotten = false;
  /** Since when it has been in this state and in this stage, and since when no page has shown it: on the clock that never jumps. */
  #stillSinceMs: number;
  #stageSinceMs: number;
  #unshownSinceMs = 0;
  #contactLost = false;
  #announcedAsRecovery = false;
  #doubtAnnounced = false;
  readonly #world: World;
  #cancelsRefused = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #waker = new AbortController();

  constructor(payment: Payment, { store, world, recoveredAtStart, lifeBeganAtMs, onChange }: PaymentProcessOptions) {
    this.#payment = payment;
    this.#recoveredAtStart = recoveredAtStart;
    this.#queriedSinceStart = !recoveredAtStart && payment.state !== "waitingForCustomer";
    this.loadedAtMs = world.monotonicMs();
    this.inFlight = new InFlightRequests(world, recoveredAtStart, lifeBeganAtMs);
    this.#stillSinceMs = this.loadedAtMs;
    this.#stageSinceMs = this.loadedAtMs;
    this.now = () => world.now();
    this.#world = world;
    this.#store = store;
    this.#onChange = onChange;
  }

  /** As it is on disk. */
  get payment(): Payment {
    return this.#payment;
  }

  get paymentId(): string {
    return this.#payment.order.paymentId;
  }

  /**
   * Decides on what is on disk now, makes the events durable and believes them. Changes of one payment never overlap.
   * `fromAnswer`: the events come from MobilePay's answer.
   */
  change(decide: (payment: Payment) => readonly PaymentEvent[], { fromAnswer = false } = {}): Promise<Payment> {
    const turn = this.#queue.then(() => this.#change(decide, fromAnswer));
    this.#queue = turn.catch(() => void this.#announceDoubt());
    return turn;
  }

  async #change(decide: (payment: Payment) => readonly PaymentEvent[], fromAnswer: boolean): Promise<Payment> {
    const before = this.#payment;
    const events = decide(before);
    const isFirstQuery = fromAnswer && !this.#queriedSinceStart;
    if (fromAnswer) this.#queriedSinceStart = true;
    if (events.length > 0) await this.#appendAndApply(before, events, fromAnswer);
    if (events.length > 0 || isFirstQuery) this.#onChange(this, before);
    if (events.length > 0) this.wake();
    return this.#payment;
  }

  async #appendAndApply(before: Payment, events: readonly PaymentEvent[], fromAnswer: boolean): Promise<void> {
    const after = events.reduce((payment, event) => apply(payment, { ...event, at: before.updatedAt }), before);
    const recorded = await this.#store.append(this.paymentId, events, rowOf(after, before));
    this.#payment = recorded.reduce(apply, before);
    this.#noteMoved(before);
    // A refused refund does not show how much money is left: part of it may have been refunded elsewhere.
    const isUnverified = !fromAnswer || before.state === "refunding";
    if (after.state === "needsDecision" && before.state !== "needsDecision" && isUnverified)
      this.#queriedSinceStart = false;
  }

  /** A write about it was refused and may turn up all the same: what is on disk about it is not known until the next write. */
  get inDoubt(): boolean {
    return this.#store.inDoubt(this.paymentId);
  }

  /** Tells the pages that it is in doubt what is on disk, and when that is over. */
  async #announceDoubt(): Promise<void> {
    if (this.#doubtAnnounced || !this.inDoubt) return;
    this.#doubtAnnounced = true;
    this.announce();
    while (this.inDoubt) await this.#world.sleep(doubtLookMs);
    this.#doubtAnnounced = false;
    this.announce();
  }

  /** A page shows the sale, its session's id says which. Returns whether that is news; then the loop takes its next step at once. */
  attach(pageId: string): boolean {
    const news = !this.#sessionIds.has(pageId) || this.#recoveredAtStart;
    this.#sessionIds.add(pageId);
    if (this.#recoveredAtStart) this.#stillSinceMs = this.#stageSinceMs = this.#world.monotonicMs();
    this.#recoveredAtStart = false;
    if (news) this.wake();
    return news;
  }

  /** Returns whether it was the last page that showed the sale. */
  detach(pageId: string): boolean {
    const wasLast = this.#sessionIds.delete(pageId) && this.#sessionIds.size === 0;
    if (!wasLast) return false;
    this.#unshownSinceMs = this.#world.monotonicMs();
    this.wake();
    return true;
  }

  #noteMoved(before: Payment): void {
    const { state, decision } = this.#payment;
    const nowMs = this.#world.monotonicMs();
    if (state !== before.state || decision !== before.decision) this.#stillSinceMs = nowMs;
    if (stageOf(state) !== stageOf(before.state)) this.#stageSinceMs = nowMs;
  }

  /** How long it has been in this state, with this decision, and shown by a page or by none. */
  get stillForMs(): number {
    return this.#sinceMs(this.#stillSinceMs);
  }

  /** The same of its stage. */
  get inStageForMs(): number {
    return this.#sinceMs(this.#stageSinceMs);
  }

  #sinceMs(movedAtMs: number): number {
    return this.#world.monotonicMs() - (this.isShown ? movedAtMs : Math.max(movedAtMs, this.#unshownSinceMs));
  }

  /** A page shows the sale. */
  get isShown(): boolean {
    return this.#sessionIds.size > 0;
  }

  /** Taken over from an earlier life of the daemon, and no page has taken it up since. */
  get recoveredAtStart(): boolean {
    return this.#recoveredAtStart;
  }

  /** The sale goes on: a page shows it, its receipt was made, or it was decided to ring it up again. */
  get isAttended(): boolean {
    return this.isShown || this.#payment.receiptNumber !== undefined || this.#payment.decision === "reRing";
  }

  /** MobilePay has been asked in this life. A payment that waits for its customer is asked about too: the journal may be an old one. */
  get queriedSinceStart(): boolean {
    return this.#queriedSinceStart;
  }

  /** What MobilePay answered long ago says nothing of now. Once: then it is asked anew. */
  forgetOldQuery(): void {
    if (!this.#oldQueryForgotten) this.#queriedSinceStart = false;
    this.#oldQueryForgotten = true;
  }

  /** Whether MobilePay may know a payment of which this journal does not know that it was asked for. */
  get doubt(): OutcomeDoubt {
    return this.#payment.state === "waitingForCustomer" && !this.#queriedSinceStart ? { inDoubt: true } : {};
  }

  /** How often MobilePay refused to cancel, for good: the next try needs a new key. */
  get cancelsRefused(): number {
    return this.#cancelsRefused;
  }

  cancelRefused(): void {
    this.#cancelsRefused += 1;
  }

  get contactLost(): boolean {
    return this.#contactLost;
  }

  /** Whether MobilePay answers about the payment; pages are notified when that changes. */
  setContactLost(lost: boolean): void {
    if (lost === this.#contactLost) return;
    this.#contactLost = lost;
    this.announce();
  }

  /** It stood on the recovery list when that was last published. */
  get announcedAsRecovery(): boolean {
    return this.#announcedAsRecovery;
  }

  markAnnouncedAsRecovery(listed: boolean): void {
    this.#announcedAsRecovery = listed;
  }

  /** Publishes to the pages how the payment stands. */
  announce(): void {
    this.#onChange(this);
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
}
