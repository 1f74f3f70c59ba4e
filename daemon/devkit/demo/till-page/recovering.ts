import type { Decision, RecoveryItem } from "../../../protocol/values.ts";
import type { KeptSale, Memory } from "./memory.ts";
import type { Paying } from "./paying.ts";
import type { RingingUp } from "./ringing-up.ts";
import type { TillPageStore } from "./state.ts";
import { type Parts, type TillCalls, troubleOf } from "./till.ts";

/** What was paid, or perhaps paid, without a receipt: look it up, and let a person decide. */
export class Recovering {
  readonly #store: TillPageStore;
  readonly #memory: Memory;
  readonly #till: TillCalls;
  readonly #ringingUp: RingingUp;
  readonly #paying: Paying;

  constructor({ store, memory, till }: Parts, ringingUp: RingingUp, paying: Paying) {
    this.#store = store;
    this.#memory = memory;
    this.#till = till;
    this.#ringingUp = ringingUp;
    this.#paying = paying;
  }

  /** The power was gone: the sale under way is set aside until a person goes on with it or decides. */
  park(): void {
    const { sale, interrupted, basket } = this.#memory.kept;
    if (!sale) return this.#memory.save({ powerCut: false });
    const others = interrupted.filter(({ paymentId }) => paymentId !== sale.paymentId);
    const parked = sale.rungUpAgain ? { ...sale, lines: basket } : sale;
    const change = { interrupted: [parked, ...others], basket: [] };
    this.#memory.save({ ...change, sale: undefined, saleId: undefined, powerCut: false });
    this.#store.change(change);
  }

  /** Asks for everything that is open, and for the end of what was under way when the power went. */
  async refresh(): Promise<void> {
    const { items } = await this.#till.call("recovery.list", {});
    this.#store.change({ recovery: Object.fromEntries(items.map((item) => [item.paymentId, item])) });
    for (const item of items) this.#paying.followed(item.payment);
    const { payments } = await this.#till.call("payment.list", { limit: 100 });
    for (const payment of payments) this.#paying.followed(payment);
    // The power went before the request was even written down: nothing was asked for, and nothing was paid.
    const known = new Set(payments.map(({ paymentId }) => paymentId));
    for (const sale of this.#store.state.interrupted) if (!known.has(sale.paymentId)) this.putBack(sale);
  }

  told(item: RecoveryItem): void {
    this.#store.change({ recovery: { ...this.#store.state.recovery, [item.paymentId]: item } });
    this.#paying.followed(item.payment);
    if (item.situation === "captureFailing" && !item.resolved) this.#paying.leaveToRecovery(item.paymentId);
  }

  /** The customer is still there: the sale goes on as if nothing had happened. */
  async goOn(sale: KeptSale): Promise<void> {
    this.dismiss(sale.paymentId);
    this.#ringingUp.putBack(sale.lines, sale.saleId);
    await this.#paying.takeUp(sale);
  }

  async refund(paymentId: string): Promise<void> {
    await this.#decide(paymentId, "refund");
  }

  /** What is under way is tried again at once. */
  async goOnTrying(paymentId: string, decision: Decision): Promise<void> {
    await this.#decide(paymentId, decision);
  }

  /** A person has taken care of it outside the till. */
  async settle(paymentId: string): Promise<void> {
    await this.#decide(paymentId, "settled");
  }

  /** The goods are put in the basket again, on the payment that was made; the sale has a new number. */
  async ringUpAgain({ paymentId, payment }: RecoveryItem): Promise<void> {
    const kept = this.#store.state.interrupted.find((sale) => sale.paymentId === paymentId);
    const saleId = this.#ringingUp.newSaleId();
    if (!(await this.#decide(paymentId, "reRing", saleId))) return;
    this.dismiss(paymentId);
    const lines = kept?.lines ?? [];
    this.#ringingUp.putBack(lines, saleId);
    const customer = kept?.customer ?? ({ by: "tillTag" } as const);
    const totalOre = payment.amount.value;
    await this.#paying.takeUp({ saleId, paymentId, lines, totalOre, customer, rungUpAgain: true });
  }

  async #decide(paymentId: string, decision: Decision, saleId?: string): Promise<boolean> {
    this.#store.change({ recoveryTrouble: undefined });
    const decided = { paymentId, decision, decidedBy: "Cashier at the demo till" };
    try {
      this.told(await this.#till.call("recovery.resolve", { ...decided, ...(saleId !== undefined && { saleId }) }));
      return true;
    } catch (error) {
      this.#store.change({ recoveryTrouble: troubleOf(error) });
      return false;
    }
  }

  /** Nothing was paid: the goods are still to be paid for. */
  putBack(sale: KeptSale): void {
    this.dismiss(sale.paymentId);
    this.#ringingUp.putBack(sale.lines, sale.saleId);
  }

  /** A person has read how it ended. */
  dismiss(paymentId: string): void {
    const interrupted = this.#store.state.interrupted.filter((sale) => sale.paymentId !== paymentId);
    const { [paymentId]: _, ...recovery } = this.#store.state.recovery;
    this.#memory.save({ interrupted });
    this.#store.change({ interrupted, recovery, recoveryTrouble: undefined });
  }
}
