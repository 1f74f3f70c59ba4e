import { type CheckIns, openCheckIns } from "../../daemon/check-in/check-ins.ts";
import type { PaymentsOptions } from "../../daemon/payments/calls/context.ts";
import type { Account } from "../support/bank.ts";
import type { Shop } from "../support/shop.ts";
import type { SalePlan } from "./plan.ts";
import { numberOf, paymentIdOf } from "./promises.ts";
import type { Stage } from "./stage.ts";

const scansMax = 12;
const scanAgainMs = 10_000;
const merchant = { merchantSerialNumber: "123456", tagId: "tag-1" };

/** Where check-ins arrive in each life of the daemon: its own, on its disk. */
export class CheckInDesk {
  #checkIns: CheckIns | undefined;

  partsFor(): Partial<PaymentsOptions> {
    this.#checkIns = undefined;
    return {
      consumeCheckIn: () => this.#checkIns?.consumeNewest(),
      onCustomerAwaited: () => void this.#checkIns?.assignNewest().catch(() => undefined),
      onSaleEnded: () => this.#checkIns?.onSaleEnded(),
    };
  }

  async open(shop: Shop): Promise<void> {
    const { life, payments } = shop;
    const world = life.world(shop.world);
    const checkIns = await openCheckIns({
      store: shop.journal.checkIns,
      merchantSerialNumber: merchant.merchantSerialNumber,
      maxAgeBeforeSaleSeconds: 60,
      world,
      tagId: () => merchant.tagId,
      mobilePayNow: () => (life.aheadMs === undefined ? undefined : life.aheadMs + world.monotonicMs()),
      deliver: (checkIn) => payments.customerFound({ by: "tillTag", customerToken: checkIn.customerToken }, checkIn),
      emit: () => undefined,
    });
    if (life.alive) this.#checkIns = checkIns;
  }

  /** MobilePay tells the till of a customer; again when it was not taken in. */
  async notify(shop: Shop, customerToken: string): Promise<boolean> {
    const { tagId: merchantQrId, merchantSerialNumber: msn } = merchant;
    const initiatedAt = new Date(shop.bank.now()).toISOString();
    return (await this.#checkIns?.notify({ customerToken, merchantQrId, msn, initiatedAt })) ?? false;
  }
}

/** The customers of a story: each comes to the till, and does something about the request on the phone. */
export class Customers {
  readonly #stage: Stage;
  readonly #desk: CheckInDesk;
  /** The numbers of the sales whose customers have left. */
  readonly #gone = new Set<number>();

  constructor(stage: Stage, desk: CheckInDesk) {
    this.#stage = stage;
    this.#desk = desk;
    const { bank } = stage.shop;
    bank.onArrival = (operation, reference) => {
      if (operation === "cancel" && this.#planOf(reference)?.customer.afterMs === "atCancel") this.#act(reference);
    };
  }

  /** The customer scans the till's tag, or shows a code, again and again until the request is on the phone. */
  async come(sale: SalePlan, number: number): Promise<void> {
    const { customerBy } = sale;
    if (customerBy !== "tillTag" && customerBy !== "customerQr") return;
    for (let scan = 0; scan < scansMax && !this.#gone.has(number); scan += 1) {
      if (!this.#isAsked(number)) {
        const heard = await this.#scan(customerBy, `${number}-${scan}`);
        this.#stage.tell?.("customer", `${customerBy === "tillTag" ? "scans the tag" : "shows a code"}: ${heard}`);
      }
      await this.#stage.shop.world.sleep(scanAgainMs);
    }
  }

  leave(number: number): void {
    this.#gone.add(number);
  }

  #isAsked(number: number): boolean {
    const { accounts } = this.#stage.shop.bank;
    return [...accounts.values()].some(
      ({ reference, state }) => numberOf(reference) === number && (state === "CREATED" || state === "AUTHORIZED"),
    );
  }

  async #scan(by: "tillTag" | "customerQr", name: string): Promise<string> {
    const { shop } = this.#stage;
    const { life } = shop;
    if (!life.alive || !shop.ready || life.asleep) return "nobody there";
    if (by === "tillTag") this.#stage.promises.tokensAt.set(`token-${name}`, shop.bank.now());
    const found = by === "tillTag" ? this.#desk.notify(shop, `token-${name}`) : this.#showCode(name);
    const answer = await Promise.race([found.catch(() => false), life.death]);
    return answer === true ? "taken" : "not taken";
  }

  #showCode(name: string): Promise<boolean> {
    const { payments } = this.#stage.shop;
    return payments.customerFound({ by: "customerQr", content: `https://qr.example/customer/${name}` });
  }

  /** The request is on the customer's phone. */
  async asked({ reference }: Account): Promise<void> {
    const plan = this.#planOf(reference);
    if (!plan || plan.customer.afterMs === "atCancel") return;
    const { afterMs, processingMs } = plan.customer;
    const { world, bank } = this.#stage.shop;
    await world.sleep(Math.max(0, afterMs - processingMs));
    if (processingMs > 0 && plan.customer.does === "approve") bank.process(reference);
    await world.sleep(Math.min(afterMs, processingMs));
    this.#act(reference);
  }

  #act(reference: string): void {
    const { bank } = this.#stage.shop;
    const does = this.#planOf(reference)?.customer.does ?? "nothing";
    if (does === "nothing" || bank.accounts.get(reference)?.state !== "CREATED") return;
    this.#stage.tell?.("customer", `${does}s ${paymentIdOf(reference)}`);
    if (does === "approve") bank.approve(reference);
    else bank.reject(reference);
    if (this.#stage.plan.webhooks) this.#stage.shop.payments.requery(reference);
  }

  #planOf(reference: string): SalePlan | undefined {
    return this.#stage.plan.sales[numberOf(reference) - 1];
  }
}
