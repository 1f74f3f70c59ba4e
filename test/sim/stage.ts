import type { Shop } from "../support/shop.ts";
import type { Plan } from "./plan.ts";
import type { Promises } from "./promises.ts";
import type { Tally } from "./tally.ts";

/** Who tells of a story: what happened at this moment, in plain words. */
export type Tell = (who: "POS" | "till" | "disk" | "MobilePay" | "customer" | "power" | "person", what: string) => void;

/** All that the people and powers of one story share. */
export interface Stage {
  readonly plan: Plan;
  readonly shop: Shop;
  readonly promises: Promises;
  readonly tally: Tally;
  readonly news: News;
  /** Undefined when nobody listens. */
  readonly tell: Tell | undefined;
}

/** What wakes whoever waits for the till to tell something. */
export class News {
  readonly #shop: Shop;
  #next = new AbortController();

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  tell(): void {
    this.#next.abort("news");
    this.#next = new AbortController();
  }

  /** Until the till tells something, at most so long. */
  wait(msMax: number): Promise<void> {
    return this.#shop.world.sleep(msMax, this.#next.signal);
  }
}
