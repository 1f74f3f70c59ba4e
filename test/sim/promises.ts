import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import type { PaymentState, PaymentView } from "../../daemon/protocol/values.ts";
import type { Account } from "../support/bank.ts";
import type { Request, Shop } from "../support/shop.ts";
import { Answers } from "./answers.ts";
import { type Extra, isWatched, type Kind } from "./extra.ts";
import type { Payments } from "../../daemon/payments/payments.ts";

/** A fact the daemon has acknowledged: it must be true for ever after. */
export type Acknowledged =
  | { readonly fact: "started" | "cancelled"; readonly paymentId: string }
  | { readonly fact: "completed"; readonly paymentId: string; readonly receiptNumber: string }
  | { readonly fact: "decided"; readonly paymentId: string; readonly decision: string }
  | { readonly fact: "refund"; readonly paymentId: string; readonly refundId: string };

/** What the till has promised so far, and the promises that it broke while the story went on. */
export class Promises {
  readonly broken: string[] = [];
  readonly acknowledged: Acknowledged[] = [];
  /** Every state that anybody was told about a payment. */
  readonly told = new Map<string, Set<PaymentState>>();
  /** The wall clock has jumped. */
  clockJumped = false;
  /** An old image was restored: then the till may ask anew for what it has forgotten. */
  forgetful = false;
  /** Payments of which a row was changed on disk: they alone may be lost to the till. */
  readonly damaged = new Set<string>();
  /** Refunds and payments that the till said it had never heard of; nobody asked for them again. */
  readonly denied: { readonly what: "payment" | "refund"; readonly id: string }[] = [];
  /** What was acknowledged, to be asked for again. */
  readonly repeats: { readonly what: string; readonly call: (payments: Payments) => Promise<unknown> }[] = [];
  readonly answers = new Answers();
  /** When each of the customers' tokens came to the till, by MobilePay's clock. */
  readonly tokensAt = new Map<string, number>();
  /** When each payment was first asked for, by the same clock. */
  readonly startedAt = new Map<string, number>();
  /** What this life of the daemon last told. */
  readonly #toldNow = new Map<string, PaymentState>();
  #hasWritten = false;
  readonly #tokens = new Map<string, string>();
  readonly #shop: Shop;
  readonly #mayBeLate: boolean;
  readonly #extra: Extra | undefined;

  /** `mayBeLate`: requests may arrive so late that another payment was rightly begun meanwhile. */
  constructor(shop: Shop, mayBeLate: boolean, extra?: Extra) {
    this.#shop = shop;
    this.#mayBeLate = mayBeLate;
    this.#extra = extra;
  }

  /** A promise of a kind is broken: it counts where that kind is looked at. */
  breaks(kind: Kind, what: string): void {
    if (isWatched(kind, this.#extra)) this.broken.push(`${kind}: ${what}`);
  }

  /** A call has been answered, after so long. */
  answered(what: string, tookMs: number): void {
    if (tookMs > answerMsMax) this.breaks("hangs", `${what}: answered after ${Math.round(tookMs / 1000)} s`);
  }

  acknowledge(fact: Acknowledged): void {
    const same = (known: Acknowledged) => JSON.stringify(known) === JSON.stringify(fact);
    if (!this.acknowledged.some(same)) this.acknowledged.push(fact);
  }

  hear(event: BridgeEvent): void {
    if (event.event !== "payment.changed") return;
    this.see(event.params.payment);
    this.#isFinalByAnswer(event.params.payment);
    this.#toldNow.set(event.params.payment.paymentId, event.params.payment.state);
  }

  /**
   * A life that has not been able to write yet tells what it reads, in the words that the journal has failed: the last row of the life
   * before may not be safe on a disk that takes nothing.
   */
  see({ paymentId, state }: PaymentView): void {
    this.#hasWritten ||= !this.#shop.journal.failed();
    if (!this.#hasWritten) return;
    const states = this.told.get(paymentId);
    if (states) states.add(state);
    else this.told.set(paymentId, new Set([state]));
  }

  /** An end that the till tells is one that MobilePay has told it, or a person; what MobilePay never heard of may end as it likes. */
  #isFinalByAnswer({ paymentId, reference, state, decision }: PaymentView): void {
    if (decision === "settled") return;
    const account = this.#shop.bank.accounts.get(reference);
    if (!account || this.answers.allow(reference, state)) return;
    this.breaks("answered", `${paymentId} was said to be ${state}, and MobilePay never said so (${account.state})`);
  }

  /** A new process knows only what is on disk. */
  begin(): void {
    this.#hasWritten = false;
    this.#toldNow.clear();
  }

  /** A request leaves the till: it must be on disk word for word, and nobody may have been told that it will not be sent. */
  leaves({ operation, reference, key, body }: Request): void {
    if (operation !== "create" && operation !== "capture" && operation !== "refund") return;
    const paymentId = paymentIdOf(reference);
    if (!this.#isOnDisk(paymentId, key, body)) this.#breaks(`${operation} of ${paymentId} left before it was on disk`);
    const told = this.#toldNow.get(paymentId);
    const expected = { create: "requesting", capture: "capturing", refund: undefined }[operation];
    if (told !== undefined && expected !== undefined && told !== expected)
      this.#breaks(`${operation} of ${paymentId} left after the till had said ${told}`);
    if (operation === "create") this.#useToken(paymentId, body ?? "");
    if (operation === "capture" && this.#waitsForReceipt(paymentId))
      this.#breaks(`capture of ${paymentId} left before there was a receipt`);
  }

  /** Where the money is taken on receipt. */
  #waitsForReceipt(paymentId: string): boolean {
    const events = this.#shop.disk.payments.get(paymentId) ?? [];
    const [first] = events;
    const isOnReceipt = first?.type === "started" && first.order.capture === "onReceipt";
    return isOnReceipt && !events.some(({ type }) => type === "receiptMade");
  }

  #isOnDisk(paymentId: string, key: string | undefined, body: string | undefined): boolean {
    const events = this.#shop.disk.payments.get(paymentId) ?? [];
    return events.some((event) => {
      const intent = event.type === "refundStarted" ? event.refund : event;
      return "key" in intent && intent.key === key && intent.body === body;
    });
  }

  #useToken(paymentId: string, body: string): void {
    const token = /"customerToken":"([^"]+)"/.exec(body)?.[1];
    if (token === undefined) return;
    this.#isFresh(token, paymentId);
    const usedBy = this.#tokens.get(token) ?? paymentId;
    this.#tokens.set(token, paymentId);
    if (usedBy !== paymentId) this.#breaks(`the check-in ${token} was used for ${usedBy} and for ${paymentId}`);
  }

  /** A check-in that came before its sale: a minute later the customer who stands there is another. */
  #isFresh(token: string, paymentId: string): void {
    const cameAt = this.tokensAt.get(token);
    const startedAt = this.startedAt.get(paymentId);
    if (cameAt === undefined || startedAt === undefined) return;
    const ageMs = startedAt - cameAt;
    if (ageMs > checkInMsMax)
      this.breaks("sleeps", `a check-in of ${Math.round(ageMs / 1000)} s ago was used for ${paymentId}`);
  }

  /** MobilePay asks a customer: no other payment of that sale may be open, or hold money. */
  created(account: Account): void {
    if (this.forgetful || this.#mayBeLate) return;
    const { bank, disk } = this.#shop;
    const saleId = disk.rows.get(paymentIdOf(account.reference))?.saleId;
    for (const other of bank.accounts.values()) {
      if (other === account || disk.rows.get(paymentIdOf(other.reference))?.saleId !== saleId) continue;
      const holds = other.authorized - other.cancelled - other.refunded;
      if (other.state === "CREATED" || holds > 0)
        this.#breaks(
          `${saleId} asks for ${account.reference} while ${other.reference} is ${other.state} with ${holds}`,
        );
    }
  }

  #breaks(what: string): void {
    this.broken.push(what);
  }
}

/** The desk takes one of up to a minute; the rest is the network's. */
const checkInMsMax = 75_000;
/** A page that stands there longer without an answer has a cashier who does something else. */
const answerMsMax = 30_000;

/** The references of the simulated till are its name and the payment's id. */
export function paymentIdOf(reference: string): string {
  return reference.slice("kassa1-".length);
}

/** Payment ids tell which sale they are for: `payment-2-1` is the first try of the second. */
export function numberOf(reference: string): number {
  return Number(paymentIdOf(reference).split("-")[1]);
}

export function saleOf(reference: string): string {
  return `sale-${numberOf(reference)}`;
}
