import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { isFinal, type Payment } from "../payment/payment.ts";
import { paidForSale } from "../payment/rules.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentProcesses } from "../work/payment-processes.ts";

export interface SaleClaimsPorts {
  readonly store: Pick<PaymentStore, "list">;
  readonly processes: Pick<PaymentProcesses, "live" | "withPayment">;
  readonly world: Pick<World, "now" | "monotonicMs">;
  /** A POS may begin its numbers again: so long after it was paid a sale id is still the same sale, milliseconds. */
  readonly saleIdMs: number;
  /** The open payment of a sale that cannot be read here. */
  readonly unreadableOf: (saleId: string) => string | undefined;
}

/** Before this program was written: then the till's clock was wrong, and nobody knows how long ago it was. */
const clockWasSetMs = Date.UTC(2025, 0, 1);

/** One payment for one sale: never a second one while the first is paid or may still be. */
export class SaleClaims {
  readonly #ports: SaleClaimsPorts;
  /** When this life of the daemon learnt that a payment is paid, on the clock that never jumps; oldest first, of `saleIdMs` only. */
  readonly #paidMs = new Map<string, number>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(ports: SaleClaimsPorts) {
    this.#ports = ports;
  }

  /** The payment has come to have money: from now on its sale is paid. */
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
  async conflict(saleId: string, by?: Pick<PaymentProcess, "paymentId">): Promise<BridgeError | undefined> {
    const conflicts = (process: PaymentProcess) =>
      process.paymentId !== by?.paymentId && process.payment.saleId === saleId && !isFinal(process.payment);
    const unreadable = this.#ports.unreadableOf(saleId);
    if (unreadable !== undefined && unreadable !== by?.paymentId)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unreadable, state: "needsDecision" });
    const unresolved = this.#ports.processes.live().find(conflicts);
    if (unresolved)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unresolved.paymentId, state: unresolved.payment.state });
    const { paymentIds } = await this.#ports.store.list({ saleId, state: "completed", limit: 10 });
    for (const paymentId of paymentIds) {
      const paid = await this.#ports.processes.withPayment(paymentId, async ({ payment }) =>
        paidForSale(payment) && this.#isSameSale(payment) ? payment : undefined,
      );
      if (paid) return new BridgeError("SALE_ALREADY_PAID", { paymentId, ...amountAndTime(paid) });
    }
    return undefined;
  }

  /** Where the till's clock may have jumped, the sale is the same: a refused sale can be asked for under a new id. */
  #isSameSale(payment: Payment): boolean {
    const { world, saleIdMs } = this.#ports;
    const paidMs = this.#paidMs.get(payment.order.paymentId);
    if (paidMs !== undefined && world.monotonicMs() - paidMs < saleIdMs) return true;
    const paidAt = paidAtOf(payment);
    return paidAt < clockWasSetMs || world.now() - paidAt < saleIdMs;
  }
}

function amountAndTime(payment: Payment) {
  return { amount: payment.order.amount, at: new Date(paidAtOf(payment)).toISOString() };
}

function paidAtOf({ authorizedAt, startedAt }: Payment): number {
  return authorizedAt ?? startedAt;
}
