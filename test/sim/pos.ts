import type { Payments } from "../../daemon/payments/payments.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { Params } from "../../daemon/protocol/methods.ts";
import type { Decision, PaymentView } from "../../daemon/protocol/values.ts";
import type { Shop } from "../support/shop.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { SalePlan } from "./plan.ts";
import type { Stage } from "./stage.ts";

const amount = { currency: "DKK" as const, value: 10_000 };
export const saleTotal = amount;
const triesMax = 3;
/** A cashier who gets nowhere takes cash in the end. */
const roundsMax = 80;
const pauseMs = 30_000;
const refundTriesMax = 5;
/** Who has decided so often, and each time in vain, leaves it. */
const decisionsMax = 12;

interface PosOptions {
  /** From 1. */
  readonly number: number;
  readonly page?: "page" | "second" | "rival";
}

/** A POS page and its cashier, for one sale. What it stores (ids, receipts) outlives power cuts, as a POS must. */
export class Pos {
  readonly #stage: Stage;
  readonly #sale: SalePlan;
  readonly #number: number;
  readonly #page: "page" | "second" | "rival";
  readonly #random: SeededRandom;
  #try = 1;
  #shownOn: AbortSignal | undefined;
  #cancelling: "no" | "wanted" | "acknowledged" = "no";
  #decision: Decision | undefined;
  #decisions = 0;
  #away = false;
  #gone = false;

  constructor(stage: Stage, sale: SalePlan, { number, page = "page" }: PosOptions) {
    this.#stage = stage;
    this.#sale = sale;
    this.#number = number;
    this.#page = page;
    this.#random = new SeededRandom(stage.plan.seed, 10 * number + page.length);
  }

  get #shop(): Shop {
    return this.#stage.shop;
  }

  get #saleId(): string {
    return `sale-${this.#number}`;
  }

  get #paymentId(): string {
    return `${this.#page === "rival" ? "rival" : "payment"}-${this.#number}-${this.#try}`;
  }

  /** One sale, until it is over in one way or another, or the cashier's patience ends. */
  async sell(): Promise<void> {
    this.#planTroubles();
    for (let round = 0; round < roundsMax && !this.#gone; round += 1) {
      const view = await this.#startOrLook();
      if (view && (await this.#act(view)) === "over") break;
      await this.#pause();
    }
    if (!this.#gone) await this.#refundAll();
  }

  #planTroubles(): void {
    const { world } = this.#shop;
    const { reloads, goneAtMs, cancelAtMs } = this.#sale;
    if (this.#page === "page")
      for (const { atMs, forMs } of reloads) void world.sleep(atMs).then(() => this.#reload(forMs));
    if (goneAtMs !== undefined) void world.sleep(goneAtMs).then(() => this.#go());
    if (cancelAtMs !== undefined && this.#page === "page") void world.sleep(cancelAtMs).then(() => this.#cancel());
  }

  /** Until the daemon tells something new, or a while. */
  async #pause(): Promise<void> {
    if (!this.#shop.ready) await this.#shop.nextReady();
    await this.#stage.news.wait(pauseMs);
    await this.#shop.world.sleep(200);
  }

  /** The page goes and comes back. */
  async #reload(forMs: number): Promise<void> {
    this.#stage.tell?.("POS", `reloads for ${(forMs / 1000).toFixed(1)} s`);
    this.#away = true;
    this.#shop.leave(this.#page);
    await this.#shop.world.sleep(forMs);
    this.#away = false;
  }

  #go(): void {
    this.#stage.tell?.("POS", `the ${this.#page} is closed for good`);
    this.#gone = true;
    this.#shop.leave(this.#page);
  }

  async #cancel(): Promise<void> {
    const paymentId = this.#paymentId;
    this.#cancelling = "wanted";
    const cancel = (payments: Payments) => payments.cancel(paymentId);
    const view = await this.#ask(`cancels ${paymentId}`, cancel);
    if (!view) return;
    this.#repeatLater(`cancel ${paymentId}`, cancel);
    if (paymentId === this.#paymentId) this.#cancelling = "acknowledged";
    this.#stage.promises.acknowledge({ fact: "cancelled", paymentId });
  }

  async #startOrLook(): Promise<PaymentView | undefined> {
    if (this.#away || this.#gone || !this.#shop.ready) return undefined;
    if (this.#cancelling === "wanted") await this.#cancel();
    const paymentId = this.#paymentId;
    const { signal } = this.#shop.page(this.#page);
    const looks = this.#cancelling !== "no" || (this.#shownOn === signal && this.#random.chance(0.9));
    const view = looks
      ? await this.#ask(`looks at ${paymentId}`, (payments) => payments.get(paymentId))
      : await this.#start(paymentId);
    if (!view) return undefined;
    this.#stage.promises.see(view);
    if (!looks) this.#stage.promises.acknowledge({ fact: "started", paymentId });
    this.#shownOn = signal;
    return view;
  }

  async #start(paymentId: string): Promise<PaymentView | undefined> {
    const { promises, shop } = this.#stage;
    const order = this.#order();
    const start = (payments: Payments) => payments.start(order, shop.page(this.#page));
    if (shop.life.asleep) await shop.life.asleep;
    if (!promises.startedAt.has(paymentId)) promises.startedAt.set(paymentId, shop.bank.now());
    const answer = await this.#call(`starts ${paymentId}`, start);
    if (isValue(answer)) this.#repeatLater(`start ${paymentId}`, start);
    else if (await this.#isDenied(answer, (payments) => payments.get(paymentId), "PAYMENT_NOT_FOUND")) {
      promises.denied.push({ what: "payment", id: paymentId });
      this.#go();
    }
    return isValue(answer) ? answer : undefined;
  }

  /**
   * A cashier who got no answer, or heard that the journal cannot be written, asks whether it came to be; told that there is no
   * such thing, it is done otherwise, and never asked for again.
   */
  async #isDenied(
    answer: BridgeError | undefined,
    look: (payments: Payments) => Promise<unknown>,
    code: string,
  ): Promise<boolean> {
    const { extra } = this.#stage.plan;
    if (extra?.kind !== "told" || (answer && answer.code !== "JOURNAL_FAILED") || this.#away || this.#gone)
      return false;
    await this.#shop.world.sleep(extra.asksAfterMs);
    if (!this.#shop.ready) await this.#shop.nextReady();
    const found = await this.#call("asks whether that came to be", look);
    return found instanceof BridgeError && found.code === code;
  }

  /** Where the journal is put back to an older copy, all that was acknowledged is asked for once more. */
  #repeatLater(what: string, call: (payments: Payments) => Promise<unknown>): void {
    if (this.#stage.plan.extra?.kind === "putBack") this.#stage.promises.repeats.push({ what, call });
  }

  #order(): Params<"payment.start"> {
    const { customerBy } = this.#sale;
    const customer = customerBy === "phone" ? { by: customerBy, phoneNumber: "4512345678" } : { by: customerBy };
    return { paymentId: this.#paymentId, sale: { saleId: this.#saleId, total: amount }, amount, customer };
  }

  async #act({ state, paymentId }: PaymentView): Promise<"over" | "goesOn"> {
    switch (state) {
      case "paid":
        if (this.#sale.asksToDecide && this.#decision === undefined) await this.#decide(paymentId);
        else await this.#complete(paymentId);
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
    if (!this.#sale.triesAgain || this.#try >= triesMax) return "over";
    this.#try += 1;
    this.#cancelling = "no";
    this.#shownOn = undefined;
    return "goesOn";
  }

  async #complete(paymentId: string): Promise<void> {
    const receiptNumber = `receipt-${paymentId}`;
    const complete = (payments: Payments) =>
      payments.complete({ paymentId, receiptNumber }, this.#shop.page(this.#page));
    const view = await this.#ask(`has the receipt of ${paymentId}`, complete);
    if (!view) return;
    this.#repeatLater(`complete ${paymentId}`, complete);
    this.#stage.promises.see(view);
    this.#stage.promises.acknowledge({ fact: "completed", paymentId, receiptNumber });
  }

  async #decide(paymentId: string): Promise<void> {
    this.#decisions += 1;
    if (this.#decisions > decisionsMax) return;
    const decision = offered(this.#shop, paymentId, this.#chooses());
    const saleId = decision === "reRing" && this.#sale.ringsUpAsNew ? `${this.#saleId}-again` : undefined;
    const resolve = (payments: Payments) =>
      payments.resolve({ paymentId, decision, ...(saleId !== undefined && { saleId }) });
    const item = await this.#ask(`decides ${decision} for ${paymentId}`, resolve);
    if (item) this.#repeatLater(`resolve ${paymentId}`, resolve);
    if (item) this.#stage.promises.acknowledge({ fact: "decided", paymentId, decision });
  }

  #chooses(): Decision {
    const { decision, changesMind } = this.#sale;
    const other = decision === "refund" ? "reRing" : "refund";
    this.#decision = this.#decision === undefined || !changesMind ? decision : other;
    return this.#decision;
  }

  async #refundAll(): Promise<void> {
    const paymentId = this.#paymentId;
    const names = [{ paymentId }, { receiptNumber: `receipt-${paymentId}` }, { reference: `kassa1-${paymentId}` }];
    const refunds = this.#sale.refundTenths.map((tenths, index) =>
      this.#refund(paymentId, {
        refundId: `refund-${index}-${paymentId}`,
        amount: { ...amount, value: (amount.value * tenths) / 10 },
        ...this.#random.pick(names),
      }),
    );
    await Promise.all(refunds);
  }

  async #refund(paymentId: string, params: Params<"refund.start">): Promise<void> {
    const { refundId } = params;
    for (let attempt = 0; attempt < refundTriesMax && !this.#gone; attempt += 1) {
      if (!this.#shop.ready) await this.#shop.nextReady();
      const { promises } = this.#stage;
      const start = (payments: Payments) => payments.startRefund(params);
      const answer = await this.#call(`asks for ${refundId} of ${params.amount.value}`, start);
      if (isValue(answer)) this.#repeatLater(`refund ${refundId}`, start);
      if (isValue(answer)) return promises.acknowledge({ fact: "refund", paymentId, refundId });
      // After a lost journal nobody knows which receipt was whose.
      if (answer?.code === "NOT_A_MOBILEPAY_PURCHASE" && params.receiptNumber === undefined)
        this.#isNoPurchase(paymentId, params.amount.value);
      if (await this.#isDenied(answer, (payments) => payments.getRefund(refundId), "REFUND_NOT_FOUND"))
        return void promises.denied.push({ what: "refund", id: refundId });
      await this.#shop.world.sleep(10_000);
    }
  }

  /** A customer who has paid must not be sent away with "you have paid nothing". */
  #isNoPurchase(paymentId: string, value: number): void {
    const account = this.#shop.bank.accounts.get(`kassa1-${paymentId}`);
    if (account && account.captured - account.refunded >= value)
      this.#stage.promises.breaks(
        "answered",
        `${paymentId} was said to be no purchase, and ${account.captured} was taken`,
      );
  }

  /** Refused or broken: undefined. */
  async #ask<Value extends object>(
    what: string,
    call: (payments: Payments) => Promise<Value>,
  ): Promise<Value | undefined> {
    const answer = await this.#call(what, call);
    return isValue(answer) ? answer : undefined;
  }

  /** A call over a socket that breaks when the daemon dies: then undefined. */
  async #call<Value>(
    what: string,
    call: (payments: Payments) => Promise<Value>,
  ): Promise<Value | BridgeError | undefined> {
    if (this.#shop.life.asleep) await this.#shop.life.asleep;
    const { life, payments, ready, world, journal } = this.#shop;
    if (!life.alive || !ready || this.#away || this.#gone) return undefined;
    const { sleptMs } = life;
    const askedMs = world.monotonicMs();
    if (this.#sale.repeats) void call(payments).catch(refusal);
    const answer = await Promise.race([journal.inTime(call(payments)).catch(refusal), life.death]);
    const { tell, promises } = this.#stage;
    if (answer !== undefined) promises.answered(what, world.monotonicMs() - askedMs - (life.sleptMs - sleptMs));
    if (answer instanceof BridgeError) tell?.("POS", `${what}: ${answer.code}`);
    else tell?.("POS", answer === undefined ? `${what}: no answer` : `${what}: ${stateOf(answer)}`);
    return answer as Value | BridgeError | undefined; // the other side of the race resolves with nothing
  }
}

function isValue<Value>(answer: Value | BridgeError | undefined): answer is Value {
  return answer !== undefined && !(answer instanceof BridgeError);
}

/** An error is an answer too; anything else is our own mistake. */
function refusal(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  throw error;
}

function stateOf(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return String(answer);
  if ("state" in answer) return String(answer.state);
  return "payment" in answer ? stateOf(answer.payment) : "";
}

/** What the person wanted, where it is offered: what cannot be done is not on the list. */
export function offered(shop: Shop, paymentId: string, wanted: Decision): Decision {
  const item = shop.payments.recoveryItems().find((one) => one.paymentId === paymentId);
  const [first] = item?.choices ?? [];
  return first === undefined || item?.choices.includes(wanted) ? wanted : first;
}
