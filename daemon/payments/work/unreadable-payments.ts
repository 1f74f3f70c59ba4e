import type { Logger } from "../../log/logger.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { BridgeEvent } from "../../protocol/events.ts";
import type { Params } from "../../protocol/methods.ts";
import type { Currency, Money, PaymentView, RecoveryItem } from "../../protocol/values.ts";
import type { World } from "../../world.ts";
import type { ReferencesAndKeys } from "../payment/references-and-keys.ts";
import type { Gateway, Snapshot } from "../ports/gateway.ts";
import type { PaymentStore, StoredRow } from "../ports/store.ts";

interface UnreadablePorts {
  readonly store: Pick<PaymentStore, "row" | "append">;
  readonly gateway: Pick<Gateway, "getPayment">;
  readonly world: World;
  readonly log: Logger;
  readonly currency: Currency;
  readonly keys: ReferencesAndKeys;
  readonly emit: (event: BridgeEvent) => void;
}

interface Unreadable {
  readonly paymentId: string;
  readonly row: StoredRow;
  seen?: Snapshot;
  seenAt?: number;
}

/** Of a payment whose rows are lost not even its reference may be left: it follows from the payment's id. */
const isReference = /^[a-zA-Z0-9-]{8,64}$/;
/** As long as the payments' own loop waits at most. */
const lookAgainMs = 20_000;

/**
 * Open payments whose rows cannot be read here. Nothing is done for them but to ask MobilePay what it has, and to put them before a
 * person, who settles them outside the till.
 */
export class UnreadablePayments {
  readonly #ports: UnreadablePorts;
  readonly #payments = new Map<string, Unreadable>();

  constructor(ports: UnreadablePorts) {
    this.#ports = ports;
  }

  async add(paymentId: string, stop: AbortSignal): Promise<void> {
    const stored = await this.#ports.store.row(paymentId);
    if (stored === undefined) return;
    const row = isReference.test(stored.reference)
      ? stored
      : { ...stored, reference: this.#ports.keys.reference(paymentId) };
    const payment = { paymentId, row };
    this.#payments.set(paymentId, payment);
    this.#ports.log.error("a payment cannot be read here; MobilePay is asked what it has", {
      reference: row.reference,
    });
    void this.#look(payment, stop);
  }

  /** It is a payment again: one of which nothing was left was taken over from MobilePay. */
  forget(paymentId: string): void {
    this.#payments.delete(paymentId);
  }

  items(): RecoveryItem[] {
    return [...this.#payments.values()].map((payment) => this.#item(payment));
  }

  /** The open payment of this sale that nothing can be said of. */
  ofSale(saleId: string): string | undefined {
    return [...this.#payments.values()].find(({ row }) => row.saleId === saleId)?.paymentId;
  }

  /** Undefined when there is none with this id. */
  async resolve({
    paymentId,
    decision,
    decidedBy,
    reason,
  }: Params<"recovery.resolve">): Promise<RecoveryItem | undefined> {
    const payment = this.#payments.get(paymentId);
    if (payment === undefined) return undefined;
    if (decision !== "settled") throw new BridgeError("PAYMENT_UNREADABLE", { paymentId, choices: ["settled"] });
    const said = { ...(decidedBy !== undefined && { decidedBy }), ...(reason !== undefined && { reason }) };
    const row = { ...payment.row, open: false, refundIds: [] };
    await this.#ports.store.append(paymentId, [{ type: "decided", decision, ...said }], row);
    this.#payments.delete(paymentId);
    const item: RecoveryItem = { ...this.#item(payment), decision, resolved: true, choices: [] };
    this.#ports.emit({ event: "recovery.changed", params: { item } });
    return item;
  }

  async #look(payment: Unreadable, stop: AbortSignal): Promise<void> {
    const { gateway, world, emit } = this.#ports;
    while (!stop.aborted && this.#payments.has(payment.paymentId)) {
      const seen = await gateway.getPayment(payment.row.reference);
      if (seen.kind === "notFound") return;
      if (seen.kind === "ok") {
        payment.seen = seen.value;
        payment.seenAt = world.now();
        emit({ event: "recovery.changed", params: { item: this.#item(payment) } });
        return;
      }
      await world.sleep(Math.max(lookAgainMs, seen.kind === "unknown" ? (seen.retryAfterMs ?? 0) : 0), stop);
    }
  }

  #item(payment: Unreadable): RecoveryItem {
    const { paymentId } = payment;
    return { paymentId, situation: "unreadable", resolved: false, payment: this.#view(payment), choices: ["settled"] };
  }

  /** What the row by which it is found says, and what MobilePay has. */
  #view({ paymentId, row, seen, seenAt }: Unreadable): PaymentView {
    const { saleId, reference, receiptNumber, startedAt } = row;
    // Until MobilePay has answered the amount is not known; a view has one.
    const amount: Money = seen?.amount ?? { currency: this.#ports.currency, value: 1 };
    const { authorized = 0, captured = 0, refunded = 0, cancelled = 0 } = seen ?? {};
    return {
      paymentId,
      saleId,
      reference,
      state: "needsDecision",
      amount,
      customerBy: "screenQr",
      authorized,
      captured,
      refunded,
      cancelled,
      left: Math.max(0, captured - refunded),
      ...(receiptNumber !== undefined && { receiptNumber }),
      startedAt: new Date(startedAt).toISOString(),
      updatedAt: new Date(seenAt ?? startedAt).toISOString(),
    };
  }
}
