import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { PaymentState, PaymentView } from "../../daemon/protocol/values.ts";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { Shop } from "../support/shop.ts";
import type { Extra } from "./extra.ts";
import { saleTotal } from "./pos.ts";
import type { Stage } from "./stage.ts";

const followed: ReadonlySet<PaymentState> = new Set(["waitingForApproval", "capturing", "paid", "completed"]);
const triesMax = 5;
const againMs = 15_000;

/** Another till of the same sales unit, with a disk of its own; nothing happens to it. */
export class Neighbour {
  readonly shop: Shop;
  readonly #stage: Stage;
  readonly #extra: Extra & { kind: "twoTills" | "twins" };
  constructor(stage: Stage, extra: Extra & { kind: "twoTills" | "twins" }) {
    this.#stage = stage;
    this.#extra = extra;
    this.shop = new Shop({
      seed: stage.plan.seed,
      beside: stage.shop,
      tillId: extra.tillId,
      capture: stage.plan.capture,
    });
    this.shop.keepEvents = false;
    this.shop.onRequest = ({ operation, key }) => {
      if (operation === "refund" && key !== undefined) stage.shop.bank.keysOfOthers.add(key);
    };
    this.shop.onEvent = (event) => {
      if (event.event === "payment.changed") this.#isItsOwn(event.params.payment);
    };
    void this.#act();
  }

  /** What another till by the same name has asked for is not this one's to follow, whatever the POS says. */
  #isItsOwn({ reference, state }: PaymentView): void {
    if (this.#extra.kind === "twins" && followed.has(state))
      this.#stage.promises.breaks("twins", `${reference} is ${state} at a till that never asked for it`);
  }

  async #act(): Promise<void> {
    const { world } = this.#stage.shop;
    await world.sleep(this.#extra.atMs);
    for (let left = triesMax; left > 0 && !(await this.#acts()); left -= 1) await world.sleep(againMs);
  }

  /** Whether there is nothing more to be done. */
  async #acts(): Promise<boolean> {
    const account = this.#stage.shop.bank.accounts.get("kassa1-payment-1-1");
    if (!account) return false;
    if (this.#extra.kind === "twins") return this.#startsTheSame();
    if (account.captured === 0) return false;
    return this.#refunds(account.captured - account.refunded);
  }

  async #refunds(left: number): Promise<boolean> {
    const { payments } = this.shop;
    const amount = { ...saleTotal, value: (saleTotal.value * this.#extra.tenths) / 10 };
    const answer = await payments
      .startRefund({ refundId: "refund-of-another", reference: "kassa1-payment-1-1", amount })
      .catch(refusal);
    this.#tell(`asks another till for a refund of ${amount.value}`, answer);
    if (!(answer instanceof BridgeError)) return true;
    if (answer.code === "NOT_A_MOBILEPAY_PURCHASE" && left > 0)
      this.#stage.promises.breaks("twoTills", `another till knows no such purchase, and ${left} is left of it`);
    return answer.code !== "OUTCOME_UNKNOWN";
  }

  /** The same payment id under the same name: the money is asked for once, and by one of the two. */
  async #startsTheSame(): Promise<boolean> {
    const order = {
      paymentId: "payment-1-1",
      sale: { saleId: "sale-of-another", total: saleTotal },
      amount: saleTotal,
    };
    const answer = await this.shop.payments
      .start({ ...order, customer: { by: "screenQr" } }, this.shop.page())
      .catch(refusal);
    this.#tell("starts payment-1-1 at another till", answer);
    return true;
  }

  #tell(what: string, answer: object): void {
    this.#stage.tell?.("POS", `${what}: ${answer instanceof BridgeError ? answer.code : "taken"}`);
  }

  /** Nobody stands at it, and it sweeps. */
  async comeToRest(): Promise<void> {
    const { shop } = this;
    shop.leave();
    await shop.world.pass(120_000);
    await shop.act((payments) =>
      payments.sweep(
        memorySweeps(() => shop.world.now()),
        new AbortController().signal,
      ),
    );
  }
}

function refusal(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  throw error;
}
