import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { isFinal, type Payment } from "../payment/payment.ts";
import { paidForSale } from "../payment/rules.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentProcesses } from "../work/payment-processes.ts";
import type { MobilePayTime } from "./mobilepay-time.ts";

export interface SaleClaimsPorts {
  readonly store: Pick<PaymentStore, "list">;
  readonly processes: Pick<PaymentProcesses, "live" | "withPayment">;
  readonly world: Pick<World, "now" | "monotonicMs">;
  /** A POS may begin its numbers again: so long after it was paid a sale id is still the same sale, milliseconds. */
  readonly saleIdMs: number;
  readonly mobilePayTime?: MobilePayTime;
}

/** Before this program was written: then the till's clock was wrong, and nobody knows how long ago it was. */
const clockWasSetMs = Date.UTC(2025, 0, 1);

/** One payment for one sale: never a second one while the first is paid or may still be. */
export class SaleClaims {
  readonly #ports: SaleClaimsPorts;
  /** When a payment was completed in this life of the daemon, on the clock that never jumps; oldest first, of `saleIdMs` only. */
  readonly #paidMs = new Map<string, number>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(ports: SaleClaimsPorts) {
    this.#ports = ports;
  }

  /** The payment is completed: from now on its sale is paid. */
  paid(paymentId: string): void {
    const nowMs = this.#ports.world.monotonicMs();
    for (const [old, paidMs] of this.#paidMs) {
      if (nowMs - paidMs < this.#ports.saleIdMs) break;
      this.#paidMs.delete(old);
    }
    this.#paidMs.set(paymentId, nowMs);
  }

  /** Callers claim a sale one after the other, so that no two pass the checks together. */
  inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Why the sale can have no other payment than `by`: it is paid, or may still be paid, and would be charged twice. Memory is
   * asked before the journal: a payment that is completed meanwhile is found by the one or by the other. A payment that is not over
   * counts however old it is.
   */
  async conflict(saleId: string, by?: PaymentProcess): Promise<BridgeError | undefined> {
    const conflicts = (process: PaymentProcess) =>
      process !== by && process.payment.saleId === saleId && !isFinal(process.payment);
    const unresolved = this.#ports.processes.live().find(conflicts);
    if (unresolved)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unresolved.paymentId, state: unresolved.payment.state });
    const { paymentIds } = await this.#ports.store.list({ saleId, state: "completed", limit: 10 });
    for (const paymentId of paymentIds) {
      const paid = await this.#ports.processes.withPayment(paymentId, async ({ payment }) =>
        paidForSale(payment) ? payment : undefined,
      );
      const sameSale = paid && (await this.#isSameSale(paid));
      if (sameSale === "unknown") return new BridgeError("MOBILEPAY_UNREACHABLE", { paymentId });
      if (sameSale) return new BridgeError("SALE_ALREADY_PAID", { paymentId, ...amountAndTime(paid) });
    }
    return undefined;
  }

  /**
   * The till's clock may be wrong now, or have been then: where MobilePay's time of the sale is known, MobilePay's time decides. Where
   * nothing does, the sale is the same: one that is refused can be asked for under a new id.
   */
  async #isSameSale(payment: Payment): Promise<boolean | "unknown"> {
    const { world, saleIdMs, mobilePayTime } = this.#ports;
    const paidMs = this.#paidMs.get(payment.order.paymentId);
    if (paidMs !== undefined) return world.monotonicMs() - paidMs < saleIdMs;
    const { at, mobilePayAt } = soldOf(payment);
    const isOver = at >= clockWasSetMs && world.now() - at >= saleIdMs;
    if (mobilePayAt === undefined || mobilePayTime === undefined) return !isOver;
    if (isOver && mobilePayTime.now() === undefined) await mobilePayTime.learn();
    const now = mobilePayTime.now();
    if (now === undefined) return isOver ? "unknown" : true;
    return now - mobilePayAt < saleIdMs;
  }
}

function amountAndTime(payment: Payment) {
  const { at, mobilePayAt } = soldOf(payment);
  return { amount: payment.order.amount, at: new Date(mobilePayAt ?? at).toISOString() };
}

function soldOf({ sold, startedAt }: Payment): NonNullable<Payment["sold"]> {
  return sold ?? { at: startedAt };
}
