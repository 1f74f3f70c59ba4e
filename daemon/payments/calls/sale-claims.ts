import { BridgeError } from "../../protocol/errors.ts";
import { isFinal } from "../payment/payment.ts";
import { paidForSale } from "../payment/rules.ts";
import type { PaymentStore } from "../ports/store.ts";
import type { Run } from "../work/run.ts";
import type { Runs } from "../work/runs.ts";

/** One payment for one sale: never a second one while the first is paid or may still be. */
export class SaleClaims {
  readonly #store: Pick<PaymentStore, "list">;
  readonly #runs: Pick<Runs, "live" | "use">;
  #claiming: Promise<unknown> = Promise.resolve();

  constructor(store: Pick<PaymentStore, "list">, runs: Pick<Runs, "live" | "use">) {
    this.#store = store;
    this.#runs = runs;
  }

  /** Whoever claims a sale does so one after the other, so that no two pass the checks together. */
  inTurn<Value>(claim: () => Promise<Value>): Promise<Value> {
    const turn = this.#claiming.then(claim);
    this.#claiming = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Why the sale can have no other payment than `by`: it is paid, or may still be paid, and would be charged twice. Memory is
   * asked before the journal: a payment that is completed meanwhile is found by the one or by the other.
   */
  async conflict(saleId: string, by?: Run): Promise<BridgeError | undefined> {
    const claims = (run: Run) => run !== by && run.payment.saleId === saleId && !isFinal(run.payment);
    const doubted = this.#runs.live().find(claims);
    if (doubted)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: doubted.paymentId, state: doubted.payment.state });
    const { paymentIds } = await this.#store.list({ saleId, state: "completed", limit: 10 });
    for (const paymentId of paymentIds) {
      if (await this.#runs.use(paymentId, async ({ payment }) => paidForSale(payment)))
        return new BridgeError("SALE_ALREADY_PAID", { paymentId });
    }
    return undefined;
  }
}
