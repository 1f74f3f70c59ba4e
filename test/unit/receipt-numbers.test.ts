import { expect, test } from "vitest";
import type { Params } from "../../daemon/protocol/methods.ts";
import { paidShop, Shop } from "../support/shop.ts";

const dayMs = 86_400_000;
const amount = { currency: "DKK" as const, value: 4990 };

/** Sells to one customer more; the POS calls its receipt `receiptNumber`. */
async function sell(shop: Shop, nth: number, receiptNumber: string): Promise<void> {
  const paymentId = `payment-${nth}`;
  await shop.start({ paymentId, sale: { saleId: `sale-${nth}`, total: amount } });
  await shop.until("waitingForApproval", paymentId);
  shop.bank.approve(`kassa1-${paymentId}`);
  await shop.until("paid", paymentId);
  await shop.act((payments) => payments.complete({ paymentId, receiptNumber }, shop.page()));
}

/** A POS whose receipt numbers begin again each day. */
async function soldTwice(): Promise<Shop> {
  const shop = new Shop();
  await sell(shop, 1, "0001");
  await shop.world.pass(dayMs);
  await sell(shop, 2, "0001");
  return shop;
}

function refund(shop: Shop, params: Partial<Params<"refund.start">>) {
  return shop.act((payments) => payments.startRefund({ refundId: "refund-1", amount, ...params }));
}

function refundedMinor(shop: Shop): readonly number[] {
  return [...shop.bank.accounts.values()].map(({ refunded }) => refunded);
}

test("of two purchases with one receipt number none is refunded by that number: both are named, and nothing moves", async () => {
  const shop = await soldTwice();
  const [first, second] = await Promise.all(
    ["payment-1", "payment-2"].map((paymentId) => shop.act((payments) => payments.get(paymentId))),
  );
  await expect(refund(shop, { receiptNumber: "0001" })).rejects.toMatchObject({
    code: "RECEIPT_NOT_UNIQUE",
    details: {
      candidates: [
        { paymentId: "payment-2", amount, at: second?.startedAt },
        { paymentId: "payment-1", amount, at: first?.startedAt },
      ],
    },
  });
  await shop.world.pass(60_000);
  expect(refundedMinor(shop)).toEqual([0, 0]);
});

test("the one that is named by its payment is refunded", async () => {
  const shop = await soldTwice();
  await refund(shop, { paymentId: "payment-1" });
  await shop.world.pass(60_000);
  expect(refundedMinor(shop)).toEqual([4990, 0]);
});

test("a receipt number that was refunded once does not give another customer's money to who comes with it again", async () => {
  const shop = await soldTwice();
  await refund(shop, { paymentId: "payment-1" });
  await shop.world.pass(60_000);
  await expect(refund(shop, { refundId: "refund-2", receiptNumber: "0001" })).rejects.toMatchObject({
    code: "RECEIPT_NOT_UNIQUE",
  });
  const less = { currency: "DKK" as const, value: 100 };
  await expect(refund(shop, { refundId: "refund-3", receiptNumber: "0001", amount: less })).rejects.toMatchObject({
    code: "RECEIPT_NOT_UNIQUE",
  });
  expect(refundedMinor(shop)).toEqual([4990, 0]);
});

test("a refund that was asked for while the number was one customer's is answered again as before", async () => {
  const shop = new Shop();
  await sell(shop, 1, "0001");
  const asked = await refund(shop, { receiptNumber: "0001" });
  await shop.world.pass(60_000);
  await sell(shop, 2, "0001");
  expect(await refund(shop, { receiptNumber: "0001" })).toMatchObject({
    refundId: asked.refundId,
    paymentId: "payment-1",
    state: "refunded",
  });
  expect(refundedMinor(shop)).toEqual([4990, 0]);
});

test("a refund id of another purchase is no way around the question which of them is meant", async () => {
  const shop = await soldTwice();
  await sell(shop, 3, "0007");
  await refund(shop, { paymentId: "payment-3" });
  await expect(refund(shop, { receiptNumber: "0001" })).rejects.toMatchObject({ code: "REFUND_CONFLICT" });
});

test("more purchases than a person reads are not all named", async () => {
  const shop = new Shop();
  for (let nth = 1; nth <= 25; nth += 1) await sell(shop, nth, "0001");
  const error: unknown = await refund(shop, { receiptNumber: "0001" }).catch((reason: unknown) => reason);
  const { candidates } = (error as { details: { candidates: { paymentId: string }[] } }).details;
  expect(candidates.map(({ paymentId }) => paymentId).slice(0, 2)).toEqual(["payment-25", "payment-24"]);
  expect(candidates).toHaveLength(20);
});

test("a receipt number of one purchase alone still finds it", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "0001" }, shop.page()));
  expect(await refund(shop, { receiptNumber: "0001" })).toMatchObject({ paymentId: "payment-1" });
});
