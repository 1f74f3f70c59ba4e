import type { PaymentView } from "../../protocol/client.ts";
import { isFinalState } from "../../protocol/payment-stage.ts";
import { type Decision, paymentState } from "../../protocol/values.ts";
import type { Pos, PosReply } from "./pos.ts";
import type { Shop } from "./shop.ts";

export interface CaseContext {
  readonly shop: Shop;
  readonly pos: Pos;
}

/** One thing that a POS must be able to do. */
export interface Case {
  readonly name: string;
  /** What must come of it. */
  readonly expected: string;
  /** What the POS did wrong or left out; an empty list when it passed. */
  run(rig: CaseContext): Promise<string[]>;
}

const value = 4900;
const phoneNumber = "4500000001";
/** The payment is over, or a person is asked. */
const ends = paymentState.options.filter((state) => state === "needsDecision" || isFinalState(state));
/** A request for payment that nobody answers ends at MobilePay after ten minutes. */
const expiryMs = 11 * 60_000;
/** Short, because a person waits; longer than the till takes to notice that the customer has approved. */
const abandonSeconds = 3;
const otherReceipt = "the POS said another receipt number than it gave to the till";

/** The last one moves the simulator's clock. */
export const cases: readonly Case[] = [
  {
    name: "approve",
    expected: "the sale is paid once, completed with a receipt number, and told as paid",
    run: (rig) => paid(rig, "approve"),
  },
  {
    name: "sell again",
    expected: "a sale that is paid is not charged again",
    run: async (rig) => {
      const missing = await paid(rig, "again");
      sell(rig, "again");
      await rig.pos.said("again");
      return [...missing, ...(await oneCharge(rig, "again"))];
    },
  },
  {
    name: "refund in parts",
    expected: "two refunds are given, one that is too much is told as refused",
    run: async (rig) => [
      ...(await paid(rig, "return")),
      ...(await refund(rig, "certify-refund-1", 1000, "refunded")),
      ...(await refund(rig, "certify-refund-2", value - 1000, "refunded")),
      ...(await refund(rig, "certify-refund-3", 1, "refused")),
    ],
  },
  {
    name: "refuse",
    expected: "the customer said no: told as not paid",
    run: async (rig) => [...(await onPhone(rig, "refuse", refuse)), ...(await end(rig, "refuse", "rejected"))],
  },
  {
    name: "cancel",
    expected: "withdrawn from the customer's phone, told as not paid",
    run: async (rig) => [...(await onPhone(rig, "cancel", cancel)), ...(await end(rig, "cancel", "cancelled"))],
  },
  {
    name: "cancel race",
    expected: "approved and cancelled in the same moment: what is told is what became of it",
    run: async (rig) => {
      const both = (it: CaseContext, payment: PaymentView) => {
        cancel(it, payment);
        approve(it, payment);
      };
      const missing = await onPhone(rig, "race", both);
      return missing.length > 0 ? missing : trueEnd(rig, "race");
    },
  },
  {
    name: "reload",
    expected: "a POS that is loaded anew in mid-sale takes the sale up again, and it is charged once",
    run: async (rig) => {
      const missing = await onPhone(rig, "reload", () => undefined);
      await rig.pos.reload();
      sell(rig, "reload");
      await rig.shop.payment("reload", ["waitingForApproval"]);
      approveOnPhone(rig);
      return [...missing, ...(await end(rig, "reload", "completed")), ...(await oneCharge(rig, "reload"))];
    },
  },
  {
    name: "daemon killed",
    expected: "the till's program dies in mid-sale and comes back: the sale goes on, and is charged once",
    run: async (rig) => {
      const missing = await onPhone(rig, "power", () => undefined);
      await rig.shop.power.off();
      approveOnPhone(rig);
      await rig.shop.power.on();
      return [...missing, ...(await end(rig, "power", "completed")), ...(await oneCharge(rig, "power"))];
    },
  },
  {
    name: "lost network",
    expected: "MobilePay cannot be reached for a while: the POS waits, the sale is charged once",
    run: async (rig) => {
      rig.shop.simulator.faults.plan({ operation: "any", fault: { kind: "lostBefore" }, times: 2 });
      const missing = await onPhone(rig, "network", approve);
      return [...missing, ...(await end(rig, "network", "completed")), ...(await oneCharge(rig, "network"))];
    },
  },
  {
    name: "lost answer",
    expected: "MobilePay's answer to the charge is lost: the POS waits, the sale is charged once",
    run: async (rig) => {
      rig.shop.simulator.faults.plan({ operation: "capture", fault: { kind: "lostAfter" } });
      const missing = await onPhone(rig, "lost", approve);
      return [...missing, ...(await end(rig, "lost", "completed")), ...(await oneCharge(rig, "lost"))];
    },
  },
  {
    name: "paid without receipt",
    expected: "told as needing a decision, never as paid or not paid; given back when the cashier says so",
    run: (rig) => decided(rig, "given-back", "refund", "refunded"),
  },
  {
    name: "ring up again",
    expected: "the same, but rung up again: the sale has its receipt, and is charged once",
    run: (rig) => decided(rig, "anew", "reRing", "completed"),
  },
  {
    name: "expire",
    expected: "the customer did nothing for ten minutes: told as not paid",
    run: async (rig) => {
      const missing = await onPhone(rig, "expire", () => rig.shop.simulator.clock.advance(expiryMs));
      return [...missing, ...(await end(rig, "expire", "expired"))];
    },
  },
];

async function paid(rig: CaseContext, saleId: string): Promise<string[]> {
  return [...(await onPhone(rig, saleId, approve)), ...(await end(rig, saleId, "completed"))];
}

/** The power goes at the counter when the customer has just approved. Whoever opens the POS again must decide. */
async function decided(
  rig: CaseContext,
  saleId: string,
  decision: Decision,
  ending: "refunded" | "completed",
): Promise<string[]> {
  const { shop, pos } = rig;
  await shop.abandonAfter(abandonSeconds);
  const missing = await onPhone(rig, saleId, () => undefined);
  if (missing.length > 0) return missing;
  await pos.kill();
  approveOnPhone(rig);
  const payment = await shop.payment(saleId, ["needsDecision"]);
  await pos.start();
  if (!payment) return ["the payment did not come to a decision in time"];
  sell(rig, saleId);
  const faults = told(await pos.said(saleId), "needsDecision");
  pos.tell({ do: "decide", saleId, decision });
  const said = await pos.said(saleId);
  const { state, captured, receiptNumber } = await shop.onlooker.call("payment.get", { paymentId: payment.paymentId });
  if (state !== ending) return [...faults, `the payment ended as ${state}, not as ${ending}`];
  if (ending === "refunded") return [...faults, ...told(said, "refunded")];
  const receipt = said?.receiptNumber === receiptNumber ? [] : [otherReceipt];
  return [...faults, ...told(said, "paid"), ...receipt, ...(captured === value ? [] : [`${captured} were charged`])];
}

function sell({ pos }: CaseContext, saleId: string): void {
  pos.tell({ do: "sell", saleId, value, phoneNumber });
}

/** Has the POS sell, and does something when the amount is on the customer's phone. */
async function onPhone(
  rig: CaseContext,
  saleId: string,
  then: (rig: CaseContext, payment: PaymentView) => void,
): Promise<string[]> {
  sell(rig, saleId);
  const payment = await rig.shop.payment(saleId, ["waitingForApproval"]);
  if (!payment) return ["the POS started no payment for this sale"];
  then(rig, payment);
  return [];
}

function approve({ shop }: CaseContext, { reference }: PaymentView): void {
  shop.simulator.platform.phone.approve(reference);
}

function approveOnPhone({ shop }: CaseContext): void {
  const [asked] = shop.simulator.platform.phone.requests(phoneNumber);
  if (asked) shop.simulator.platform.phone.approve(asked.reference);
}

function refuse({ shop }: CaseContext, { reference }: PaymentView): void {
  shop.simulator.platform.phone.refuse(reference);
}

function cancel({ pos }: CaseContext, { saleId }: PaymentView): void {
  pos.tell({ do: "cancel", saleId });
}

/** The payment's end at the till, and what the POS makes of it. */
async function end({ shop, pos }: CaseContext, saleId: string, expected: PaymentView["state"]): Promise<string[]> {
  const payment = await shop.payment(saleId, ends);
  if (!payment) return ["the payment came to no end in time"];
  if (payment.state !== expected) return [`the payment ended as ${payment.state}, not as ${expected}`];
  const said = await pos.said(saleId);
  const faults = told(said, expected === "completed" ? "paid" : "notPaid");
  const isOther = expected === "completed" && said?.receiptNumber !== payment.receiptNumber;
  return faults.length === 0 && isOther ? [otherReceipt] : faults;
}

/** However it ended, the POS must say what is true. */
async function trueEnd({ shop, pos }: CaseContext, saleId: string): Promise<string[]> {
  const payment = await shop.payment(saleId, ends);
  if (!payment) return ["the payment came to no end in time"];
  const { state } = payment;
  return told(await pos.said(saleId), state === "completed" ? "paid" : state === "needsDecision" ? state : "notPaid");
}

function told(said: PosReply | undefined, outcome: string): string[] {
  if (!said) return [`the POS said nothing about the outcome, not "${outcome}"`];
  if (said.failed !== undefined) return [`the POS failed: ${said.failed}`];
  return said.outcome === outcome ? [] : [`the POS said ${JSON.stringify(said.outcome)}, not "${outcome}"`];
}

async function oneCharge({ shop }: CaseContext, saleId: string): Promise<string[]> {
  const { payments } = await shop.onlooker.call("payment.list", { saleId });
  const charged = payments.filter((it) => it.captured > 0).length;
  const faults = charged === 1 ? [] : [`the customer was charged ${charged} times`];
  return payments.length <= 1 ? faults : [...faults, `the POS made ${payments.length} payment ids for one sale`];
}

async function refund(
  { shop, pos }: CaseContext,
  refundId: string,
  amount: number,
  outcome: string,
): Promise<string[]> {
  const sold = await shop.payment("return", ["completed"]);
  if (sold?.receiptNumber === undefined) return ["there is no sale to refund"];
  pos.tell({ do: "refund", refundId, receiptNumber: sold.receiptNumber, value: amount });
  return told(await pos.said(refundId), outcome).map((fault) => `of ${amount}: ${fault}`);
}
