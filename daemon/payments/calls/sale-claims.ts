import { BridgeError } from "../../protocol/errors.ts";
import { isFinal } from "../payment/payment.ts";
import { paidForSale } from "../payment/rules.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { PaymentProcess } from "../work/payment-process.ts";
import type { PaymentProcesses } from "../work/payment-processes.ts";

/** One payment for one sale: never a second one while the first is paid or may still be. */
export class SaleClaims {
  readonly #store: Pick<PaymentStore, "list">;
  readonly #processes: Pick<PaymentProcesses, "live" | "withPayment">;
  /** The open payment of a sale that cannot be read here. */
  readonly #unreadableOf: (saleId: string) => string | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(
    store: Pick<PaymentStore, "list">,
    processes: Pick<PaymentProcesses, "live" | "withPayment">,
    unreadableOf: (saleId: string) => string | undefined = () => undefined,
  ) {
    this.#unreadableOf = unreadableOf;
    this.#store = store;
    this.#processes = processes;
  }

  /** Callers claim a sale one after the other, so that no two pass the checks together. */
  inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Why the sale can have no other payment than `by`: it is paid, or may still be paid, and would be charged twice. Memory is
   * asked before the journal: a payment that is completed meanwhile is found by the one or by the other.
   */
  async conflict(saleId: string, by?: Pick<PaymentProcess, "paymentId">): Promise<BridgeError | undefined> {
    const conflicts = (process: PaymentProcess) =>
      process.paymentId !== by?.paymentId && process.payment.saleId === saleId && !isFinal(process.payment);
    const unreadable = this.#unreadableOf(saleId);
    if (unreadable !== undefined && unreadable !== by?.paymentId)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unreadable, state: "needsDecision" });
    const unresolved = this.#processes.live().find(conflicts);
    if (unresolved)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unresolved.paymentId, state: unresolved.payment.state });
    const { paymentIds } = await this.#store.list({ saleId, state: "completed", limit: 10 });
    for (const paymentId of paymentIds) {
      if (await this.#processes.withPayment(paymentId, async ({ payment }) => paidForSale(payment)))
        return new BridgeError("SALE_ALREADY_PAID", { paymentId });
    }
    return undefined;
  }
}
