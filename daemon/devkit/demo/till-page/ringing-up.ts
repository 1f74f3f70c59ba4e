import { type Line, withOneLess, withOneMore } from "./basket.ts";
import type { Memory } from "./memory.ts";
import type { TillPageStore } from "./state.ts";

/** Putting goods into the basket. The basket is on disk at once: a reload loses nothing. */
export class RingingUp {
  readonly #store: TillPageStore;
  readonly #memory: Memory;

  constructor({ store, memory }: { readonly store: TillPageStore; readonly memory: Memory }) {
    this.#store = store;
    this.#memory = memory;
  }

  add(ean: string): void {
    this.#set(withOneMore(this.#store.state.basket, ean));
  }

  remove(ean: string): void {
    this.#set(withOneLess(this.#store.state.basket, ean));
  }

  empty(): void {
    this.#memory.save({ saleId: undefined });
    this.#set([]);
  }

  /** The goods of an earlier sale, in the basket again, under the same number. */
  putBack(lines: readonly Line[], saleId: string): void {
    this.#memory.save({ saleId });
    this.#set(lines);
    this.#store.change({ screen: "sale" });
  }

  /** The number of the sale in the basket: the same for every attempt to pay it, so that it cannot be paid twice. */
  saleId(): string {
    const { saleId } = this.#memory.kept;
    return saleId ?? this.newSaleId();
  }

  newSaleId(): string {
    const { nextSale } = this.#memory.kept;
    const saleId = `sale-${nextSale}-${crypto.randomUUID().slice(0, 8)}`;
    this.#memory.save({ saleId, nextSale: nextSale + 1 });
    return saleId;
  }

  #set(basket: readonly Line[]): void {
    this.#memory.save({ basket });
    this.#store.change({ basket, notice: undefined });
  }
}
