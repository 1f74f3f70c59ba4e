import { connect, type PaymentView, type StampedEvent } from "tillbridge/client";
import { sayError, sayState } from "tillbridge/client/words";

/** What your page has already. `memory` must outlive a reload: localStorage will do. */
export interface Page {
  readonly memory: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly locale: string;
  readonly say: (words: string) => void;
  /** Makes the receipt, once for each sale, and answers with its number. */
  readonly makeReceipt: (saleId: string) => Promise<string>;
}

const over = ["completed", "cancelled", "rejected", "expired", "failed", "needsDecision", "refunded"];

export function openTill({ memory, locale, say, makeReceipt }: Page, url: string, token: string) {
  const open = new Map<string, { follow: (payment: PaymentView) => void; takeUp: () => Promise<void> }>();
  const seq = memory.getItem("seq");
  const till = connect({
    url,
    token,
    client: { name: "my POS", version: "1.0" },
    ...(seq !== null && { afterSeq: Number(seq) }),
    onState(state) {
      say(sayState(state, locale));
      // The till may have lost power meanwhile. Unless the page says that it still shows the sale, the sale is given up.
      if (state.name === "ready") for (const { takeUp } of open.values()) takeUp().catch(() => undefined);
    },
    onEvent(event: StampedEvent) {
      memory.setItem("seq", String(event.params.seq));
      if (event.event === "payment.changed") open.get(event.params.payment.paymentId)?.follow(event.params.payment);
    },
  });

  /** Resolves when the sale is paid and has its receipt, or is not going to be paid. Call it again after a reload. */
  async function sell(saleId: string, value: number, phoneNumber: string): Promise<PaymentView> {
    // Stored before the call: whatever happens from here on, the same sale is the same payment.
    const paymentId = memory.getItem(`payment of ${saleId}`) ?? crypto.randomUUID();
    memory.setItem(`payment of ${saleId}`, paymentId);
    const amount = { currency: "DKK", value } as const;
    const customer = { by: "phone", phoneNumber } as const;
    const sale = { paymentId, sale: { saleId, total: amount }, amount, customer };
    let payment = await decided(paymentId, () => till.call("payment.start", sale));
    if (payment.state === "paid") {
      const receiptNumber = await makeReceipt(saleId);
      payment = await till.call("payment.complete", { paymentId, receiptNumber });
    }
    if (payment.failure) say(sayError(payment.failure, locale) ?? payment.failure.message);
    memory.removeItem(`payment of ${saleId}`);
    return payment;
  }

  /** Follows the payment until the money is taken or will not be. */
  async function decided(paymentId: string, start: () => Promise<PaymentView>): Promise<PaymentView> {
    const found = Promise.withResolvers<PaymentView>();
    const follow = (payment: PaymentView) => {
      if (payment.state === "paid" || over.includes(payment.state)) found.resolve(payment);
    };
    const takeUp = async () => follow(await start());
    open.set(paymentId, { follow, takeUp });
    try {
      await takeUp();
      return await found.promise;
    } finally {
      open.delete(paymentId);
    }
  }

  /** The customer changed his mind. If he approved in the same moment, a person is asked what is to be done. */
  async function cancel(saleId: string): Promise<void> {
    const paymentId = memory.getItem(`payment of ${saleId}`);
    if (paymentId !== null) await till.call("payment.cancel", { paymentId });
  }

  /** `refundId` is made and stored by the page, like a payment's. */
  function refund(refundId: string, receiptNumber: string, value: number) {
    return till.call("refund.start", { refundId, receiptNumber, amount: { currency: "DKK", value } });
  }

  return { till, sell, cancel, refund };
}
