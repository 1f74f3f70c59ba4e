import type { PaymentsOptions } from "../../daemon/payments/payments.ts";
import type { Account } from "../support/bank.ts";
import type { Shop } from "../support/shop.ts";
import type { SalePlan } from "./plan.ts";
import { numberOf, paymentIdOf } from "./promises.ts";
import type { Stage } from "./stage.ts";

const scansMax = 12;
const scanAgainMs = 10_000;
const freshMs = 60_000;

/** Where check-ins wait for a sale. Those of one life of the daemon die with it: then the customer scans again. */
export class CheckInDesk {
  #waiting: { readonly customerToken: string; readonly atMs: number }[] = [];

  partsFor(shop: Shop): Partial<PaymentsOptions> {
    this.#waiting = [];
    return { takeCheckIn: () => this.#take(shop), saleEnded: () => this.#forget() };
  }

  async notify(shop: Shop, customerToken: string): Promise<boolean> {
    const checkIn = { customerToken, ageSeconds: 0, others: this.#waiting.length };
    const taken = await shop.payments.customerFound({ by: "tillTag", customerToken }, checkIn);
    if (!taken) this.#waiting.push({ customerToken, atMs: shop.world.monotonicMs() });
    return taken;
  }

  #take(shop: Shop) {
    const nowMs = shop.world.monotonicMs();
    const newest = this.#waiting.at(-1);
    this.#forget();
    if (!newest || newest.atMs + freshMs < nowMs) return undefined;
    return { customerToken: newest.customerToken, ageSeconds: (nowMs - newest.atMs) / 1000, others: 0 };
  }

  #forget(): void {
    this.#waiting = [];
  }
}

/** The customers of a story: each comes to the till, and does something about the request on the phone. */
export class Customers {
  readonly #stage: Stage;
  readonly #desk: CheckInDesk;

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
    for (let scan = 0; scan < scansMax; scan += 1) {
      if (!this.#isAsked(number)) {
        const heard = await this.#scan(customerBy, `${number}-${scan}`);
        this.#stage.tell?.("customer", `${customerBy === "tillTag" ? "scans the tag" : "shows a code"}: ${heard}`);
      }
      await this.#stage.shop.world.sleep(scanAgainMs);
    }
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
    if (!life.alive || !shop.ready) return "nobody there";
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
  }

  #planOf(reference: string): SalePlan | undefined {
    return this.#stage.plan.sales[numberOf(reference) - 1];
  }
}
