import type { Params } from "../../../protocol/methods.ts";
import type { Customer, PaymentView } from "../../../protocol/values.ts";
import { receiptOf, total } from "./basket.ts";
import type { KeptSale, Memory } from "./memory.ts";
import type { RingingUp } from "./ringing-up.ts";
import type { TillPageStore } from "./state.ts";
import { isRefusal, type Parts, type TillCalls, troubleOf } from "./till.ts";
import { endedUnpaid } from "./words.ts";

/** Being paid. Whatever moves money is kept on disk first, so that it can be taken up again. */
export class Paying {
  readonly #store: TillPageStore;
  readonly #memory: Memory;
  readonly #till: TillCalls;
  readonly #ringingUp: RingingUp;

  constructor({ store, memory, till }: Parts, ringingUp: RingingUp) {
    this.#store = store;
    this.#memory = memory;
    this.#till = till;
    this.#ringingUp = ringingUp;
  }

  /** The list of payment methods. */
  choose(): void {
    this.#store.change({ overlay: "methods", saleTrouble: undefined });
  }

  /** The four ways to find the customer. */
  chooseWay(): void {
    this.#store.change({ overlay: "ways", sale: undefined, saleTrouble: undefined });
  }

  pay(customer: Customer): Promise<void> {
    const { basket } = this.#store.state;
    const sale: KeptSale = {
      saleId: this.#ringingUp.saleId(),
      paymentId: crypto.randomUUID(),
      lines: basket,
      totalOre: total(basket),
      customer,
    };
    this.#memory.save({ sale });
    this.#store.change({ sale, overlay: "payment", saleTrouble: undefined });
    return this.#send(sale);
  }

  /** Exactly the same request: with the same id it is the same payment, however often it is sent. */
  async #send(sale: KeptSale): Promise<void> {
    try {
      this.followed(await this.#till.call("payment.start", startParams(sale)));
    } catch (error) {
      // Refused: there is no such payment. Anything else may have begun, and stays kept.
      if (isRefusal(error)) this.#forget(sale);
      this.#store.change({ saleTrouble: troubleOf(error) });
    }
  }

  async sendAgain(): Promise<void> {
    const { sale } = this.#store.state;
    this.#store.change({ saleTrouble: undefined });
    if (sale) await this.#send(sale);
  }

  async cancel(): Promise<void> {
    const { sale } = this.#store.state;
    if (!sale) return;
    try {
      this.followed(await this.#till.call("payment.cancel", { paymentId: sale.paymentId }));
    } catch (error) {
      if (!isRefusal(error)) this.#store.change({ saleTrouble: troubleOf(error) });
      else if (error.code === "PAYMENT_NOT_FOUND") this.#giveUp(sale);
      else await this.#look(sale);
    }
  }

  #giveUp(sale: KeptSale): void {
    this.#forget(sale);
    this.#store.change({ overlay: "none", sale: undefined, saleTrouble: undefined });
  }

  async #look({ paymentId }: KeptSale): Promise<void> {
    try {
      this.followed(await this.#till.call("payment.get", { paymentId }));
    } catch (error) {
      this.#store.change({ saleTrouble: troubleOf(error) });
    }
  }

  /** The number of the receipt is on disk before it is reported: a repeat must report the same one. */
  async printReceipt(): Promise<void> {
    const { sale } = this.#store.state;
    if (!sale) return;
    const { paymentId, receiptNumber } = this.#numbered(sale);
    this.#store.change({ saleTrouble: undefined });
    try {
      this.followed(await this.#till.call("payment.complete", { paymentId, receiptNumber }));
    } catch (error) {
      this.#store.change({ saleTrouble: troubleOf(error) });
    }
  }

  #numbered(sale: KeptSale): KeptSale & { readonly receiptNumber: string } {
    if (sale.receiptNumber !== undefined) return { ...sale, receiptNumber: sale.receiptNumber };
    const { nextReceipt } = this.#memory.kept;
    const lines = sale.rungUpAgain ? this.#store.state.basket : sale.lines;
    const numbered = { ...sale, lines, receiptNumber: String(nextReceipt) };
    this.#memory.save({ sale: numbered, nextReceipt: nextReceipt + 1 });
    this.#store.change({ sale: numbered });
    return numbered;
  }

  /** After a reload, or when the daemon is back: go on where we were. */
  async takeUp(sale: KeptSale): Promise<void> {
    const basket = sale.rungUpAgain ? this.#memory.kept.basket : sale.lines;
    this.#memory.save({ sale, basket });
    this.#store.change({ sale, basket, overlay: sale.rungUpAgain ? "none" : "payment", saleTrouble: undefined });
    if (sale.receiptNumber !== undefined) await this.printReceipt();
    else if (sale.rungUpAgain) await this.#look(sale);
    else await this.#send(sale);
  }

  /** A step of a payment, from an answer or an event. */
  followed(payment: PaymentView): void {
    const { payments, sale, interrupted } = this.#store.state;
    const known = payments[payment.paymentId];
    if (known && known.updatedAt > payment.updatedAt) return;
    this.#store.change({ payments: { ...payments, [payment.paymentId]: payment } });
    const cut = interrupted.find(({ paymentId }) => paymentId === payment.paymentId);
    if (cut && payment.state === "completed") this.#keepReceipt(cut, payment);
    if (sale?.paymentId !== payment.paymentId) return;
    if (payment.state === "completed") this.#done(sale, payment);
    if (payment.state === "needsDecision") this.leaveToRecovery(payment.paymentId);
    if (endedUnpaid(payment) || payment.state === "refunded") this.#forget(sale);
  }

  #done(sale: KeptSale, payment: PaymentView): void {
    const receiptNumber = this.#keepReceipt(sale, payment);
    this.#memory.save({ sale: undefined, saleId: undefined, basket: [] });
    this.#store.change({ sale: undefined, basket: [], overlay: "none", screen: "receipts", receiptNumber });
  }

  #keepReceipt(
    { saleId, paymentId, lines, totalOre }: KeptSale,
    { receiptNumber = "", updatedAt }: PaymentView,
  ): string {
    const others = this.#memory.kept.sold.filter((sold) => sold.paymentId !== paymentId);
    this.#memory.save({ sold: [{ receiptNumber, saleId, paymentId, lines, totalOre, at: updatedAt }, ...others] });
    return receiptNumber;
  }

  /**
   * The customer approved while the sale was called off, or the money is not taken: a person decides what becomes of it, and the next
   * sale can be rung up.
   */
  leaveToRecovery(paymentId: string): void {
    const { sale } = this.#store.state;
    if (sale?.paymentId !== paymentId) return;
    const others = this.#memory.kept.interrupted.filter(({ paymentId }) => paymentId !== sale.paymentId);
    const interrupted = [sale, ...others];
    this.#memory.save({ interrupted, sale: undefined, saleId: undefined, basket: [] });
    this.#store.change({ interrupted, sale: undefined, basket: [], overlay: "none", screen: "sale" });
  }

  /** The payment is over, or there never was one. What was rung up stays, for another attempt. */
  #forget({ paymentId, lines, saleId }: KeptSale): void {
    if (this.#memory.kept.sale?.paymentId !== paymentId) return;
    this.#memory.save({ sale: undefined, basket: lines, saleId });
  }

  /** Closes what lies over the screen, once nothing is under way. */
  close(): void {
    const { overlay } = this.#store.state;
    if (overlay === "payment" && this.#memory.kept.sale) return;
    this.#store.change({ overlay: "none", saleTrouble: undefined, ...(overlay === "payment" && { sale: undefined }) });
  }
}

/** The request that starts a payment: made only of what is kept, so that it is the same each time. */
function startParams(sale: KeptSale): Params<"payment.start"> {
  const amount = { currency: "DKK", value: sale.totalOre } as const;
  return {
    paymentId: sale.paymentId,
    sale: { saleId: sale.saleId, total: amount },
    amount,
    customer: sale.customer,
    description: "Purchase in the demo shop",
    receipt: receiptOf(sale.lines),
  };
}
