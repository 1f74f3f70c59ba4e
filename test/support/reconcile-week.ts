import type { PaymentEvent, RecordedEvent } from "../../daemon/payments/payment/payment.ts";
import { createLedger } from "../../daemon/mobilepay/ledger.ts";
import type { MobilePayApi } from "../../daemon/mobilepay/platform.ts";
import { readSnapshot } from "../../daemon/mobilepay/snapshots.ts";
import { type Reconciled, reconcile } from "../../daemon/payments/reconcile/reconcile.ts";
import { shopDayOf, shopTimeOf } from "../../daemon/payments/reconcile/shop-day.ts";
import type { WalletCurrency } from "../../daemon/devkit/simulator/sales-unit.ts";
import { started } from "./orders.ts";
import { simulatedPlatform } from "./simulated-platform.ts";

/** What somebody does in a shop's week. `at`: milliseconds from the week's start. `payment`: the how-manieth of the week, from the end. */
export type Act =
  | { readonly act: "sell"; readonly at: number; readonly till: number; readonly amount: number }
  | {
      readonly act: "sellInParts";
      readonly at: number;
      readonly till: number;
      readonly amount: number;
      readonly part: number;
    }
  | { readonly act: "refund"; readonly at: number; readonly payment: number; readonly amount: number }
  | {
      readonly act: "refundAtAnotherTill" | "refundInPortal";
      readonly at: number;
      readonly payment: number;
      readonly amount: number;
      readonly learntAfterMs: number | undefined;
    };

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
  elsewhere: number;
  /** Something happened that its till never learnt. */
  unlearnt: boolean;
}

export const tills = ["tillA", "tillB"];
const dayMs = 86_400_000;

/** Two tills of a shop and MobilePay, which has had its week; each till's journal by its own clock. */
export class ShopWeek {
  readonly it: Awaited<ReturnType<typeof simulatedPlatform>>;
  readonly sold: Sold[] = [];
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
    else if (act.act === "sellInParts") this.#sellInParts(act.till, act.amount, act.part);
    else this.#giveBack(act);
  }

  #until(ms: number): void {
    const { clock } = this.it;
    clock.advance(this.#week.startsAt + ms - clock.now());
  }

  #sell(till: number, value: number): void {
    const { reference, amount } = this.#approved(till, value);
    this.it.platform.payments.capture(reference, amount, `${reference}-c1`);
    this.#journal(till, reference, { type: "captureRequested", key: "c", body: "" }, { type: "captured" });
    this.#journal(till, reference, { type: "receiptMade", receiptNumber: `receipt-${reference}` });
    this.sold.push({ reference, till, left: value, elsewhere: 0, unlearnt: false });
  }

  /** The sale was given up at the till, and somebody in the portal takes a part and then the rest. */
  #sellInParts(till: number, value: number, part: number): void {
    const { reference, amount } = this.#approved(till, value);
    this.it.platform.payments.capture(reference, { ...amount, value: part }, `${reference}-p1`);
    this.it.clock.advance(1000);
    this.it.platform.payments.capture(reference, { ...amount, value: value - part }, `${reference}-p2`);
    this.sold.push({ reference, till, left: value, elsewhere: 0, unlearnt: true });
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

  #giveBack(act: Act & { payment: number; amount: number }): void {
    const sold = this.sold.at(-1 - (act.payment % Math.max(1, this.sold.length)));
    const value = Math.min(act.amount, sold?.left ?? 0);
    if (sold === undefined || value < 300) return;
    sold.left -= value;
    const amount = { currency: this.#week.currency, value };
    const refundId = `refund-${this.it.platform.payments.get(sold.reference).events.length}`;
    this.it.platform.payments.refund(sold.reference, amount, `${sold.reference}-${refundId}`);
    const order = { refundId: `${sold.reference}-${refundId}`, amount, key: "r", body: "" };
    const refunded: PaymentEvent[] = [
      { type: "refundStarted", refund: order },
      { type: "refunded", refundId: order.refundId },
    ];
    if (act.act === "refund" && !sold.unlearnt) return this.#journal(sold.till, sold.reference, ...refunded);
    if (act.act === "refundAtAnotherTill") this.#takenOver(1 - sold.till, sold.reference, refunded);
    this.#learn(sold, value, "learntAfterMs" in act ? act.learntAfterMs : undefined);
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

  /** What the till hears of a refund that it did not make: later, or never. */
  #learn(sold: Sold, value: number, afterMs: number | undefined): void {
    sold.elsewhere += value;
    if (afterMs === undefined || sold.unlearnt) sold.unlearnt = true;
    else
      this.#journalAt(sold.till, sold.reference, afterMs, { type: "refundedElsewhere", amountMinor: sold.elsewhere });
  }

  #journal(till: number, reference: string, ...events: readonly PaymentEvent[]): void {
    for (const event of events) this.#journalAt(till, reference, 0, event);
  }

  #journalAt(till: number, reference: string, afterMs: number, event: PaymentEvent): void {
    const journal = this.#journals[till] ?? new Map<string, RecordedEvent[]>();
    const at = this.it.clock.now() + afterMs + (this.#week.clocksOffMs[till] ?? 0);
    journal.set(reference, [...(journal.get(reference) ?? []), { ...event, at }]);
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
