import type { Decision, PaymentView } from "../../../protocol/values.ts";
import { assortment } from "./goods.ts";
import type { Memory } from "./memory.ts";
import { settleElsewhere } from "./demo-link.ts";
import type { Paying } from "./paying.ts";
import type { Recovering } from "./recovering.ts";
import type { Refunding } from "./refunding.ts";
import type { RingingUp } from "./ringing-up.ts";
import type { TillPageState, TillPageStore } from "./state.ts";
import { endedUnpaid } from "./words.ts";

interface Parts {
  readonly store: TillPageStore;
  readonly memory: Memory;
  readonly ringingUp: RingingUp;
  readonly paying: Paying;
  readonly refunding: Refunding;
  readonly recovering: Recovering;
}

interface Sell {
  readonly saleId: string;
  readonly value: number;
  readonly phoneNumber: string;
}

/** What `tillbridge certify` says to a POS page, and what the page answers (docs/certify.md). */
interface Orders {
  connect(order: { readonly url: string; readonly token: string }): Promise<void>;
  sell(order: Sell): Promise<Said>;
  cancel(order: { readonly saleId: string }): Promise<void>;
  refund(order: { readonly receiptNumber: string; readonly value: number }): Promise<Said>;
  decide(order: { readonly saleId: string; readonly decision: Decision }): Promise<Said>;
}

interface Said {
  readonly outcome: "paid" | "notPaid" | "needsDecision" | "refunded" | "refused";
  readonly receiptNumber?: string;
}

type Order = { readonly [Name in keyof Orders]: { readonly do: Name } & Parameters<Orders[Name]>[0] }[keyof Orders];

declare global {
  interface Window {
    tillbridgeCertify?: (order: Order) => Promise<unknown>;
  }
}

/** Lets `tillbridge certify` press the till's buttons, and says what came of it. */
export function beCertified(parts: Parts): void {
  const orders = ordersFor(parts);
  // Name and parameters belong together: the type of an order says so.
  window.tillbridgeCertify = (order) => (orders[order.do] as (order: Order) => Promise<unknown>)(order);
}

function ordersFor({ store, memory, ringingUp, paying, refunding, recovering }: Parts): Orders {
  return {
    async connect(till) {
      // A page that is about to leave is still connected to the till before.
      const isLeaving = settleElsewhere(till);
      await when(store, ({ link }) => (link === "ready" && !isLeaving) || undefined);
    },

    async sell({ saleId, value, phoneNumber }) {
      const known = kept(memory, saleId);
      if (!known) {
        const good = assortment.find(({ priceOre }) => priceOre === value);
        if (!good) throw new Error(`nothing in this shop costs ${value}`);
        ringingUp.putBack([{ ean: good.ean, quantity: 1 }], saleId);
        void paying.pay({ by: "phone", phoneNumber });
      }
      const paymentId = known ?? kept(memory, saleId);
      return when(store, (state) => soldAs(state, paymentId, paying));
    },

    cancel: () => paying.cancel(),

    async refund({ receiptNumber, value }) {
      const sold = memory.kept.sold.find((one) => one.receiptNumber === receiptNumber);
      const payment = sold && store.state.payments[sold.paymentId];
      if (!payment) return { outcome: "refused" };
      const refundId = await refunding.refund(payment, value);
      return when(store, ({ refunds, refundTrouble }) => {
        const state = refunds[refundId]?.state;
        if (state === "refunded") return { outcome: "refunded" };
        return state === "failed" || refundTrouble ? { outcome: "refused" } : undefined;
      });
    },

    async decide({ saleId, decision }) {
      const paymentId = kept(memory, saleId) ?? "";
      const item = await when(store, ({ recovery }) => recovery[paymentId]);
      if (decision === "refund") await recovering.refund(paymentId);
      else await recovering.ringUpAgain(item);
      return when(store, (state) => decidedAs(state, paymentId, paying));
    },
  };
}

/** The payment that this page has for the sale. */
function kept({ kept: { sale, interrupted, sold } }: Memory, saleId: string): string | undefined {
  const all = [...(sale ? [sale] : []), ...interrupted, ...sold];
  return all.find((one) => one.saleId === saleId)?.paymentId;
}

let printing: string | undefined;

/** A sale is over when the receipt is printed, when it is not paid, or when a person has to decide. */
function soldAs(
  { payments, saleTrouble }: TillPageState,
  paymentId: string | undefined,
  paying: Paying,
): Said | undefined {
  const payment = payments[paymentId ?? ""];
  if (payment?.state === "completed") return printed(payment);
  if (payment?.state === "needsDecision") return { outcome: "needsDecision" };
  if (payment && endedUnpaid(payment)) return { outcome: "notPaid" };
  if (payment?.state === "paid") print(payment, paying);
  return !payment && saleTrouble && !saleTrouble.again ? { outcome: "notPaid" } : undefined;
}

function decidedAs({ payments }: TillPageState, paymentId: string, paying: Paying): Said | undefined {
  const payment = payments[paymentId];
  if (payment?.state === "completed") return printed(payment);
  if (payment?.state === "refunded") return { outcome: "refunded" };
  if (payment?.state === "paid") print(payment, paying);
  return undefined;
}

/**
 * Once at a time: every change is looked at. Not once for ever, for the first attempt may have been made of an event that was history, or
 * before the page had the sale again.
 */
function print({ paymentId }: PaymentView, paying: Paying): void {
  if (printing === paymentId) return;
  printing = paymentId;
  void paying.printReceipt().finally(() => {
    printing = undefined;
  });
}

function printed({ receiptNumber = "" }: PaymentView): Said {
  return { outcome: "paid", receiptNumber };
}

/** The first thing that is found, now or after a change. */
function when<Found>(store: TillPageStore, look: (state: TillPageState) => Found | undefined): Promise<Found> {
  return new Promise((resolve) => {
    let isOver = false;
    const update = () => {
      const found = isOver ? undefined : look(store.state);
      if (found === undefined) return;
      isOver = true;
      resolve(found);
    };
    store.watch(update);
    update();
  });
}
