import type { PaymentView, RefundView } from "../../../protocol/values.ts";
import type { KeptRefund, Memory } from "./memory.ts";
import type { Paying } from "./paying.ts";
import type { TillPageStore } from "./state.ts";
import { isRefusal, type Parts, type TillCalls, troubleOf } from "./till.ts";

/** Giving money back for a sale that has its receipt. */
export class Refunding {
  readonly #store: TillPageStore;
  readonly #memory: Memory;
  readonly #till: TillCalls;
  readonly #paying: Paying;

  constructor({ store, memory, till }: Parts, paying: Paying) {
    this.#store = store;
    this.#memory = memory;
    this.#till = till;
    this.#paying = paying;
  }

  /** Answers the refund's id when the till has answered, whatever it said. */
  async refund({ paymentId }: PaymentView, amountOre: number): Promise<string> {
    const asked = { refundId: crypto.randomUUID(), paymentId, amountOre };
    this.#memory.save({ refunds: [asked, ...this.#memory.kept.refunds] });
    await this.#send(asked);
    return asked.refundId;
  }

  /** After a reload, or when the daemon is back: asks for every refund again. With the same id it is the same refund. */
  async takeUp(): Promise<void> {
    for (const asked of this.#memory.kept.refunds) await this.#send(asked);
  }

  async #send({ refundId, paymentId, amountOre }: KeptRefund): Promise<void> {
    this.#store.change({ refundTrouble: undefined });
    const amount = { currency: "DKK", value: amountOre } as const;
    try {
      this.told(await this.#till.call("refund.start", { refundId, paymentId, amount, reason: "Goods returned" }));
      this.#paying.followed(await this.#till.call("payment.get", { paymentId }));
    } catch (error) {
      if (isRefusal(error)) this.#forget(refundId);
      this.#store.change({ refundTrouble: troubleOf(error) });
    }
  }

  #forget(refundId: string): void {
    this.#memory.save({ refunds: this.#memory.kept.refunds.filter((one) => one.refundId !== refundId) });
  }

  told(refund: RefundView): void {
    const { refunds } = this.#store.state;
    const known = refunds[refund.refundId];
    if (known && known.updatedAt > refund.updatedAt) return;
    this.#store.change({ refunds: { ...refunds, [refund.refundId]: refund } });
  }
}
