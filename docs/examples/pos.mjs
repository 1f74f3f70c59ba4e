// A POS's own code for paying, without a screen. certified-pos.mjs makes a program of it, certified-page.html a page.
import { connect } from "tillbridge/client";

const notPaid = ["cancelled", "rejected", "expired", "failed", "refunded"];

export class Pos {
  #memory;
  #kept;
  #till;
  #open = new Map();

  /** `memory` must outlive a reload and a power cut: `read()` gives what `write(text)` kept, or nothing. */
  constructor({ url, token, memory }) {
    this.#memory = memory;
    this.#kept = JSON.parse(memory.read() ?? "{}");
    this.#till = connect({
      url,
      token,
      client: { name: "certified POS", version: "1" },
      onState: (state) => this.#stateChanged(state),
      onEvent: (event) => this.#heard(event),
    });
  }

  /** Does what `tillbridge certify` tells it, and says what came of it. */
  async do({ do: what, ...order }) {
    const orders = {
      connect: () => this.#till.call("till.get", {}),
      sell: () => this.#sell(order),
      cancel: () => this.#cancel(order),
      refund: () => this.#refund(order),
      decide: () => this.#decide(order),
    };
    try {
      return await orders[what]();
    } catch (error) {
      // Only what the till has refused is known not to have happened.
      if (error.retry !== "never") return { outcome: "unknown", why: error.message };
      return { outcome: what === "refund" ? "refused" : "notPaid", why: error.message };
    }
  }

  close() {
    this.#till.close();
  }

  async #sell({ saleId, value, phoneNumber }) {
    const paymentId = this.#remembered(saleId);
    const amount = { currency: "DKK", value };
    const sale = { paymentId, sale: { saleId, total: amount }, amount, customer: { by: "phone", phoneNumber } };
    const ends = ["paid", "completed", "needsDecision", ...notPaid];
    const { state } = await this.#until(paymentId, ends, () => this.#till.call("payment.start", sale));
    if (state === "needsDecision") return { outcome: "needsDecision" };
    return notPaid.includes(state) ? { outcome: "notPaid" } : this.#complete(saleId, paymentId);
  }

  async #complete(saleId, paymentId) {
    const receiptNumber = `R-${saleId}`;
    await this.#till.call("payment.complete", { paymentId, receiptNumber });
    return { outcome: "paid", receiptNumber };
  }

  /** Too late to cancel is no mistake: the sale says how it ended. */
  #cancel({ saleId }) {
    return this.#till.call("payment.cancel", { paymentId: this.#remembered(saleId) });
  }

  async #refund({ refundId, receiptNumber, value }) {
    const refund = { refundId, receiptNumber, amount: { currency: "DKK", value } };
    const start = () => this.#till.call("refund.start", refund);
    const { state } = await this.#until(refundId, ["refunded", "failed"], start);
    return { outcome: state === "refunded" ? "refunded" : "refused" };
  }

  /** Somebody paid, the sale has no receipt, and the cashier has decided. */
  async #decide({ saleId, decision }) {
    const paymentId = this.#remembered(saleId);
    const anew = `${saleId}-again`;
    await this.#till.call("recovery.resolve", { paymentId, decision, ...(decision === "reRing" && { saleId: anew }) });
    const look = () => this.#till.call("payment.get", { paymentId });
    const { state } = await this.#until(paymentId, ["paid", "refunded"], look);
    return state === "paid" ? this.#complete(anew, paymentId) : { outcome: "refunded" };
  }

  /** Kept before the call: the same sale is the same payment, also after a restart. */
  #remembered(saleId) {
    this.#kept[saleId] ??= crypto.randomUUID();
    this.#memory.write(JSON.stringify(this.#kept));
    return this.#kept[saleId];
  }

  /** The first state that is one of these, by the answer or by an event. */
  async #until(id, states, start) {
    const found = Promise.withResolvers();
    const look = (it) => states.includes(it.state) && found.resolve(it);
    const takeUp = async () => look(await start());
    this.#open.set(id, { look, takeUp });
    try {
      await takeUp();
      return await found.promise;
    } finally {
      this.#open.delete(id);
    }
  }

  /** The till may have lost power meanwhile. Unless the POS says that it still shows the sale, the sale is given up. */
  #stateChanged({ name }) {
    if (name === "ready") for (const { takeUp } of this.#open.values()) takeUp().catch(() => undefined);
  }

  #heard({ event, params }) {
    if (event === "payment.changed") this.#open.get(params.payment.paymentId)?.look(params.payment);
    if (event === "refund.changed") this.#open.get(params.refund.refundId)?.look(params.refund);
  }
}
