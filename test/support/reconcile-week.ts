import { fold } from "../../daemon/payments/payment/fold.ts";
import { type PaymentEvent, type RecordedEvent, refundedSoFar } from "../../daemon/payments/payment/payment.ts";
import { createLedger } from "../../daemon/mobilepay/ledger.ts";
import type { MobilePayApi } from "../../daemon/mobilepay/platform.ts";
import { readSnapshot } from "../../daemon/mobilepay/snapshots.ts";
import { observe } from "../../daemon/payments/work/observe.ts";
import { type Reconciled, reconcile } from "../../daemon/payments/reconcile/reconcile.ts";
import { shopDayOf, shopTimeOf } from "../../daemon/payments/reconcile/shop-day.ts";
import type { WalletCurrency } from "../../daemon/devkit/simulator/sales-unit.ts";
import { started } from "./orders.ts";
import { simulatedPlatform } from "./simulated-platform.ts";

/** What somebody does in a shop's week. `at`: milliseconds from the week's start. `payment`: the how-manieth of the week, from the end. */
export type Act =
  | { readonly act: "sell"; readonly at: number; readonly till: number; readonly amount: number }
  | ({
      readonly act: "sellInParts";
      readonly at: number;
      readonly till: number;
      readonly amount: number;
      readonly part: number;
    } & Heard)
  | ({
      readonly act: "refund" | "refundAtAnotherTill" | "refundInPortal";
      readonly at: number;
      readonly payment: number;
      readonly amount: number;
    } & Heard);

/** When the till that sold it looks at MobilePay again and hears of what others did; undefined: never. */
interface Heard {
  readonly learntAfterMs: number | undefined;
}

export interface Week {
  /** Milliseconds since 1970. */
  readonly startsAt: number;
  readonly currency: WalletCurrency;
  readonly ledgerStartsAtHour: number;
  /** What each till's clock is off by. */
  readonly clocksOffMs: readonly number[];
  /** How long after it happened MobilePay books. */
  readonly lateByMs: number;
  readonly acts: readonly Act[];
}

interface Sold {
  readonly reference: string;
  readonly till: number;
  /** Captured, and not refunded yet. */
  left: number;
}

interface Look {
  readonly at: number;
  readonly sold: Sold;
}

export const tills = ["tillA", "tillB"];
const dayMs = 86_400_000;

/** Two tills of a shop and MobilePay, which has had its week; each till's journal by its own clock. */
export class ShopWeek {
  readonly it: Awaited<ReturnType<typeof simulatedPlatform>>;
  readonly sold: Sold[] = [];
  #looks: Look[] = [];
  readonly #week: Week;
  readonly #journals: Map<string, RecordedEvent[]>[] = tills.map(() => new Map());

  private constructor(it: Awaited<ReturnType<typeof simulatedPlatform>>, week: Week) {
    this.it = it;
    this.#week = week;
  }

  static async live(week: Week): Promise<ShopWeek> {
    const shop = new ShopWeek(await simulatedPlatform(week), week);
    shop.it.platform.ledger.lateByMs = week.lateByMs;
    for (const act of week.acts.toSorted((one, other) => one.at - other.at)) shop.#do(act);
    shop.#until(9 * dayMs);
    await shop.it.merchant.authorize();
    return shop;
  }

  #do(act: Act): void {
    this.#until(act.at);
    if (act.act === "sell") this.#sell(act.till, act.amount);
    else if (act.act === "sellInParts") this.#sellInParts(act);
    else this.#giveBack(act);
  }

  #until(ms: number): void {
    const until = this.#week.startsAt + ms;
    const due = this.#looks.filter((look) => look.at <= until).toSorted((one, other) => one.at - other.at);
    this.#looks = this.#looks.filter((look) => look.at > until);
    for (const { at, sold } of due) {
      this.#clockTo(at);
      this.#look(sold);
    }
    this.#clockTo(until);
  }

  #clockTo(ms: number): void {
    this.it.clock.advance(ms - this.it.clock.now());
  }

  #sell(till: number, value: number): void {
    const { reference, amount } = this.#approved(till, value);
    this.it.platform.payments.capture(reference, amount, `${reference}-c1`);
    this.#journal(till, reference, { type: "captureRequested", key: "c", body: "" }, { type: "captured" });
    this.#journal(till, reference, { type: "receiptMade", receiptNumber: `receipt-${reference}` });
    this.sold.push({ reference, till, left: value });
  }

  /** Somebody in the portal takes a part, and then the rest. */
  #sellInParts({ till, amount: value, part, learntAfterMs }: Act & { act: "sellInParts" }): void {
    const { reference, amount } = this.#approved(till, value);
    const sold = { reference, till, left: value };
    this.sold.push(sold);
    this.it.platform.payments.capture(reference, { ...amount, value: part }, `${reference}-p1`);
    this.#lookAfter(sold, learntAfterMs);
    this.it.clock.advance(1000);
    this.it.platform.payments.capture(reference, { ...amount, value: value - part }, `${reference}-p2`);
    this.#lookAfter(sold, learntAfterMs);
  }

  #approved(till: number, value: number) {
    const reference = `${tills[till]}-payment-${this.sold.length}`;
    const amount = { currency: this.#week.currency, value };
    const phoneNumber = [...this.it.platform.customers.keys()][0] ?? "";
    const request = { paymentMethod: { type: "WALLET" }, userFlow: "PUSH_MESSAGE", customer: { phoneNumber } } as const;
    this.it.platform.payments.create(
      { ...request, amount, reference, customerInteraction: "CUSTOMER_PRESENT" },
      reference,
    );
    this.it.platform.phone.approve(reference);
    const first = started(reference, { reference, amount });
    this.#journal(
      till,
      reference,
      first,
      { type: "requested", key: "n", body: "" },
      { type: "created" },
      { type: "authorized" },
    );
    return { reference, amount };
  }

  #giveBack({ act, payment, amount: wanted, learntAfterMs }: Act & { payment: number } & Heard): void {
    const sold = this.sold.at(-1 - (payment % Math.max(1, this.sold.length)));
    const value = Math.min(wanted, sold?.left ?? 0);
    if (sold === undefined || value < 300) return;
    sold.left -= value;
    const amount = { currency: this.#week.currency, value };
    const refundId = `${sold.reference}-${this.it.platform.payments.get(sold.reference).events.length}`;
    this.it.platform.payments.refund(sold.reference, amount, refundId);
    const refunded: PaymentEvent[] = [
      { type: "refundStarted", refund: { refundId, amount, key: "r", body: "" } },
      { type: "refunded", refundId },
    ];
    if (act === "refund" && this.#payment(sold)?.state === "completed")
      return this.#journal(sold.till, sold.reference, ...refunded);
    if (act === "refundAtAnotherTill") this.#takenOver(1 - sold.till, sold.reference, refunded);
    this.#lookAfter(sold, learntAfterMs);
  }

  /** The other till looked the sale up at MobilePay. */
  #takenOver(till: number, reference: string, refunded: readonly PaymentEvent[]): void {
    const { amount } = this.it.platform.payments.get(reference);
    const known = this.#journals[till]?.has(reference);
    const first = started(`x-${reference}`, {
      reference,
      amount: { currency: this.#week.currency, value: amount.value },
    });
    if (!known) this.#journal(till, reference, first, { type: "adopted" });
    this.#journal(till, reference, ...refunded);
  }

  #lookAfter(sold: Sold, ms: number | undefined): void {
    if (ms !== undefined) this.#looks.push({ at: this.it.clock.now() + ms, sold });
  }

  /** The till asks MobilePay about the payment, and believes it. */
  #look(sold: Sold): void {
    const payment = this.#payment(sold);
    const {
      state,
      amount: { value },
      authorized,
      cancelled,
      captured,
      refunded,
    } = this.it.platform.payments.get(sold.reference);
    const amount = { currency: this.#week.currency, value };
    const events = payment && observe(payment, { ...sold, state, amount, authorized, cancelled, captured, refunded });
    if (events !== undefined && events !== "contradiction") this.#journal(sold.till, sold.reference, ...events);
  }

  #payment({ till, reference }: Sold) {
    const past = this.#journals[till]?.get(reference);
    return past && fold(past);
  }

  /** Whether the till that sold it has heard of all that was taken and given back. */
  hasHeard(sold: Sold): boolean {
    const there = this.it.platform.payments.get(sold.reference);
    const here = this.#payment(sold);
    return here?.captured === there.captured && refundedSoFar(here) === there.refunded;
  }

  #journal(till: number, reference: string, ...events: readonly PaymentEvent[]): void {
    const at = this.it.clock.now() + (this.#week.clocksOffMs[till] ?? 0);
    const past = this.#journals[till]?.get(reference) ?? [];
    this.#journals[till]?.set(reference, [...past, ...events.map((event) => ({ ...event, at }))]);
  }

  /** The payment's first row is gone. */
  damage(till: number, reference: string): void {
    this.#journals[till]?.get(reference)?.shift();
  }

  /** As the command does it. */
  reconcile(till: number, date: string): Promise<Reconciled> {
    const { currency, ledgerStartsAtHour } = this.#week;
    const time = shopTimeOf(currency, ledgerStartsAtHour);
    const day = shopDayOf(date, time);
    if (!day) throw new Error("no such date");
    const pasts = [...(this.#journals[till]?.values() ?? [])];
    return reconcile({
      gateway: { getPayment: (reference) => this.#getPayment(reference) },
      ledger: createLedger(this.#api(), 1000),
      payments: async (from, to) => pasts.filter((past) => past.some(({ at }) => at >= from && at <= to)),
      find: async (reference) => this.#journals[till]?.get(reference),
      prefix: `${tills[till]}-`,
      day,
      time,
      now: this.it.clock.now(),
    });
  }

  async #getPayment(reference: string) {
    const read = readSnapshot((await this.it.merchant.get(reference)).body, reference);
    return "value" in read
      ? { kind: "ok" as const, value: read.value }
      : { kind: "unknown" as const, why: "nonsense" as const };
  }

  #api(): MobilePayApi {
    const { merchant, platform } = this.it;
    const call: MobilePayApi["call"] = async ({ operation, method, path }) => {
      const asked = operation === "ledgers" || operation === "events" ? operation : "report";
      const { status, body } = await merchant.call(asked, method, path);
      if (status === 200) return { kind: "success", status, text: JSON.stringify(body) };
      return { kind: "no", status, html: false, json: true };
    };
    // The ledger's client asks, and does nothing else.
    return { merchantSerialNumber: platform.unit.credentials.merchantSerialNumber, call } as MobilePayApi;
  }
}
