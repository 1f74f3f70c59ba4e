import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { Params } from "../../daemon/protocol/methods.ts";
import type { PaymentView } from "../../daemon/protocol/values.ts";
import type { Payments } from "../../daemon/payments/payments.ts";
import type { Shop } from "../support/shop.ts";
import type { Plan } from "./plan.ts";

const amount = { currency: "DKK" as const, value: 10_000 };
export const saleTotal = amount;
const triesMax = 3;
const roundsMax = 1000;
const pauseMs = 10_000;

/** A fact the daemon has acknowledged: it must be true for ever after. */
export type Acknowledged =
  | { readonly fact: "started" | "cancelled"; readonly paymentId: string }
  | { readonly fact: "completed"; readonly paymentId: string; readonly receiptNumber: string }
  | { readonly fact: "decided"; readonly paymentId: string; readonly decision: string }
  | { readonly fact: "refund"; readonly paymentId: string; readonly refundId: string };

/** The POS page and its cashier. What it stores (ids, receipts) outlives power cuts, as a POS must. */
export class Pos {
  readonly acknowledged: Acknowledged[] = [];
  readonly #shop: Shop;
  readonly #plan: Plan;
  #try = 1;
  #cancelled = false;
  #away = false;

  constructor(shop: Shop, plan: Plan) {
    this.#shop = shop;
    this.#plan = plan;
  }

  get paymentId(): string {
    return `payment-${this.#try}`;
  }

  /** One sale, until it is over in one way or another, or the cashier's patience ends. */
  async sell(): Promise<void> {
    for (let round = 0; round < roundsMax; round += 1) {
      const view = await this.#startOrLook();
      if (view && (await this.#act(view)) === "over") break;
      await this.#pause();
    }
    await this.#refundAll();
  }

  /** Until the daemon tells something new, or a while. */
  async #pause(): Promise<void> {
    const news = new AbortController();
    this.#shop.onEvent = () => news.abort();
    await this.#shop.world.sleep(pauseMs, news.signal);
    await this.#shop.world.sleep(200);
  }

  /** The page goes and comes back. */
  async reload(forMs: number): Promise<void> {
    this.#away = true;
    this.#shop.leave();
    await this.#shop.world.sleep(forMs);
    this.#away = false;
  }

  async cancel(): Promise<void> {
    const { paymentId } = this;
    this.#cancelled = true;
    const view = await this.#ask((payments) => payments.cancel(paymentId));
    if (view) this.acknowledged.push({ fact: "cancelled", paymentId });
  }

  async #startOrLook(): Promise<PaymentView | undefined> {
    if (this.#away) return undefined;
    const { paymentId } = this;
    if (this.#cancelled) return this.#ask((payments) => payments.get(paymentId));
    const view = await this.#ask((payments) => payments.start(this.#order(), this.#shop.page()));
    if (this.#plan.secondPage) void this.#ask((payments) => payments.start(this.#order(), this.#shop.page("second")));
    if (view) this.#acknowledge({ fact: "started", paymentId });
    return view;
  }

  #order(): Params<"payment.start"> {
    const { customerBy } = this.#plan;
    const customer = customerBy === "phone" ? { by: customerBy, phoneNumber: "4512345678" } : { by: customerBy };
    return { paymentId: this.paymentId, sale: { saleId: "sale-1", total: amount }, amount, customer };
  }

  async #act({ state, paymentId }: PaymentView): Promise<"over" | "goesOn"> {
    switch (state) {
      case "waitingForCustomer":
        await this.#customerComes();
        return "goesOn";
      case "paid":
        await this.#complete(paymentId);
        return "goesOn";
      case "needsDecision":
        await this.#decide(paymentId);
        return "goesOn";
      case "completed":
      case "refunded":
        return "over";
      case "cancelled":
      case "rejected":
      case "expired":
      case "failed":
        return this.#tryAgain();
      default:
        return "goesOn";
    }
  }

  #tryAgain(): "over" | "goesOn" {
    if (!this.#plan.triesAgain || this.#try >= triesMax) return "over";
    this.#try += 1;
    this.#cancelled = false;
    return "goesOn";
  }

  async #customerComes(): Promise<void> {
    const { customerBy } = this.#plan;
    if (customerBy === "tillTag")
      await this.#ask((payments) => payments.customerFound({ by: "tillTag", customerToken: "token" }));
    if (customerBy === "customerQr")
      await this.#ask((payments) => payments.customerFound({ by: "customerQr", content: "https://qr.example/p/1" }));
  }

  async #complete(paymentId: string): Promise<void> {
    const receiptNumber = `receipt-${paymentId}`;
    const view = await this.#ask((payments) => payments.complete({ paymentId, receiptNumber }, this.#shop.page()));
    if (view) this.#acknowledge({ fact: "completed", paymentId, receiptNumber });
  }

  async #decide(paymentId: string): Promise<void> {
    const { decision } = this.#plan;
    const item = await this.#ask((payments) => payments.resolve({ paymentId, decision }));
    if (item) this.#acknowledge({ fact: "decided", paymentId, decision });
  }

  async #refundAll(): Promise<void> {
    const { paymentId } = this;
    const order = (tenths: number, index: number) => ({
      refundId: `refund-${index}-${paymentId}`,
      paymentId,
      amount: { ...amount, value: (amount.value * tenths) / 10 },
    });
    await Promise.all(this.#plan.refundTenths.map((tenths, index) => this.#refund(order(tenths, index))));
  }

  async #refund(params: Params<"refund.start"> & { paymentId: string }): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const view = await this.#ask((payments) => payments.startRefund(params));
      if (view) return this.#acknowledge({ fact: "refund", paymentId: params.paymentId, refundId: params.refundId });
      await this.#shop.world.sleep(10_000);
    }
  }

  #acknowledge(fact: Acknowledged): void {
    if (!this.acknowledged.some((known) => JSON.stringify(known) === JSON.stringify(fact)))
      this.acknowledged.push(fact);
  }

  /** A call over a socket that breaks when the daemon dies. Refused or broken: undefined. */
  async #ask<Value>(call: (payments: Payments) => Promise<Value>): Promise<Value | undefined> {
    const { life, payments } = this.#shop;
    if (!life.alive) return undefined;
    const answer = call(payments).catch((error: unknown) => {
      if (error instanceof BridgeError) return undefined;
      throw error;
    });
    return Promise.race([answer, life.death.then(() => undefined)]);
  }
}
