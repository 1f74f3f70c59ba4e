import type { Params } from "../../daemon/protocol/client.ts";
import type { Decision, Money, PaymentState, PaymentView } from "../../daemon/protocol/values.ts";

/** What the daemon has acknowledged about a payment: it must be true for ever after. */
export type Acknowledged = "started" | "cancelled" | "completed" | "decided";

/** One payment as the POS has it on its own disk: made before the daemon was called. */
export interface Attempt {
  readonly order: Params<"payment.start">;
  readonly reference: string;
  readonly receiptNumber: string;
  /** The receipt is printed: the goods are gone. */
  printed: boolean;
  /** The page that showed the sale was closed, and nobody takes it up. */
  left: boolean;
  decision?: Decision;
  readonly refunds: RefundOrder[];
  readonly acknowledged: Set<Acknowledged>;
  /** The last that was told about it. */
  view?: PaymentView;
  /** Not looked at any more: the bank and the till were found to agree, and it is over. */
  settled: boolean;
  /** The till may have lost it with its disk: the POS says all of it again. */
  retell: boolean;
  /** The life in which it last changed. */
  changedIn: number;
  /** What was told about it, for whoever looks into a fault: "life: state captured/refunded". */
  readonly history: string[];
  /** How many events there were about it. */
  events: number;
}

export interface RefundOrder {
  readonly refundId: string;
  readonly amount: Money;
  acknowledged: boolean;
  over: boolean;
}

const endsForGood: ReadonlySet<PaymentState> = new Set(["completed", "rejected", "expired", "refunded"]);
const ends: ReadonlySet<PaymentState> = new Set([...endsForGood, "cancelled", "failed"]);

/** Nothing is left to be done about it. Of a payment that is given back whole no refund can be under way. */
export function isOver({ view, refunds }: Attempt): boolean {
  if (view?.state === "refunded") return true;
  return view !== undefined && ends.has(view.state) && refunds.every(({ over }) => over);
}

/** What the POS and its people know. It outlives the daemon, and notes when the daemon contradicts itself. */
export class Memory {
  readonly tillId: string;
  readonly attempts: Attempt[] = [];
  /** Sums that were told and are no longer true, and the like. */
  readonly faults: string[] = [];
  paired = false;
  /** Counts the daemon's lives. */
  life = 0;
  /** The number of the last event. */
  seq: number | undefined;
  #ids = 0;

  constructor(tillId: string) {
    this.tillId = tillId;
  }

  newSale(value: number): { saleId: string; total: Money } {
    return { saleId: `sale-${this.#nextId()}`, total: { currency: "DKK", value } };
  }

  newAttempt(sale: { saleId: string; total: Money }, customer: Params<"payment.start">["customer"]): Attempt {
    const paymentId = `payment-${this.#nextId()}`;
    const attempt: Attempt = {
      order: { paymentId, sale, amount: sale.total, customer },
      reference: `${this.tillId}-${paymentId}`,
      receiptNumber: `receipt-${paymentId}`,
      printed: false,
      left: false,
      refunds: [],
      acknowledged: new Set(),
      settled: false,
      retell: false,
      changedIn: this.life,
      history: [],
      events: 0,
    };
    this.attempts.push(attempt);
    return attempt;
  }

  newRefund(attempt: Attempt, value: number): RefundOrder {
    const amount = { ...attempt.order.amount, value };
    const refund = { refundId: `refund-${this.#nextId()}`, amount, acknowledged: false, over: false };
    attempt.refunds.push(refund);
    return refund;
  }

  #nextId(): string {
    this.#ids += 1;
    return String(this.#ids).padStart(6, "0");
  }

  find(paymentId: string): Attempt | undefined {
    return this.attempts.find(({ order }) => order.paymentId === paymentId);
  }

  /** What the POS still has to look after. */
  open(): Attempt[] {
    return this.attempts.filter((attempt) => !attempt.settled && !isOver(attempt));
  }

  /**
   * A view that an answer holds. It counts only when no event about the payment came while the call was under way: what is newer cannot
   * be told, because several frames may be read before an answer is looked at.
   */
  answered(view: PaymentView, events: number): void {
    const attempt = this.find(view.paymentId);
    if (!attempt || attempt.events === events) this.#told(view);
  }

  /** Every view that the daemon tells in an event, in the order in which they come. */
  heard(view: PaymentView): void {
    const attempt = this.find(view.paymentId);
    if (attempt) attempt.events += 1;
    this.#told(view);
  }

  #told(view: PaymentView): void {
    const attempt = this.find(view.paymentId);
    if (!attempt) {
      this.faults.push(`${view.reference}: the till tells of a payment that nobody started`);
      return;
    }
    const before = attempt.view;
    attempt.view = view;
    attempt.history.push(`${this.life}: ${view.state} ${view.captured}/${view.refunded}`);
    if (view.updatedAt !== before?.updatedAt) attempt.changedIn = this.life;
    if (before === undefined) return;
    for (const sum of ["authorized", "captured", "refunded", "cancelled"] as const) {
      if (view[sum] < before[sum]) this.#fault(attempt, `${sum} was told as ${before[sum]}, now ${view[sum]}`);
    }
    if (endsForGood.has(before.state) && view.state !== before.state)
      this.#fault(attempt, `was ${before.state}, now ${view.state}`);
  }

  /** An event's number: they only grow, over all lives. */
  toldSeq(seq: number): void {
    this.greeted(seq - 1);
    this.seq = seq;
  }

  /** The highest number that the daemon has given when a page says hello. */
  greeted(seq: number): void {
    if (this.seq !== undefined && seq < this.seq) this.faults.push(`number ${seq} was told after ${this.seq}`);
  }

  /**
   * The till's disk is as it was after this life. What came later is told again, word for word, where the POS goes on with it; what was
   * given up meanwhile, or belongs to a customer who is found by the till's tag, is beyond what the till can find out.
   */
  forgetAfter(life: number): void {
    this.seq = undefined;
    for (const attempt of this.attempts) {
      const isGivenUp =
        attempt.left || attempt.acknowledged.has("cancelled") || attempt.order.customer.by === "tillTag";
      if (attempt.changedIn <= life && !(attempt.retell && !attempt.settled)) continue;
      attempt.history.push(`${this.life}: the disk is that of ${life}`);
      attempt.settled = isGivenUp;
      attempt.retell = !isGivenUp;
      attempt.acknowledged.clear();
      delete attempt.view;
      for (const refund of attempt.refunds) Object.assign(refund, { acknowledged: false, over: false });
    }
  }

  #fault({ reference, history }: Attempt, words: string): void {
    this.faults.push(`${reference}: ${words} (${history.join(", ")})`);
  }
}
