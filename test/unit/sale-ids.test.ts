import { expect, test } from "vitest";
import { paidShop, type Shop } from "../support/shop.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A sale with the id "sale-1" is paid and has its receipt. */
async function soldShop(): Promise<Shop> {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "0001" }, shop.page()));
  return shop;
}

const again = { paymentId: "payment-2" };
const refused = { code: "SALE_ALREADY_PAID" };

test("a sale id that is used again a day later is a new sale", async () => {
  const shop = await soldShop();
  await shop.world.pass(dayMs - hourMs);
  await expect(shop.start(again)).rejects.toMatchObject(refused);
  await shop.world.pass(2 * hourMs);
  await expect(shop.start(again)).resolves.toMatchObject({ paymentId: "payment-2", saleId: "sale-1" });
});

test("the refusal names what was paid, and when", async () => {
  const shop = await soldShop();
  await expect(shop.start(again)).rejects.toMatchObject({
    details: { paymentId: "payment-1", amount: { currency: "DKK" }, at: expect.stringMatching(/^20.*Z$/) },
  });
});

test.each([
  ["a year ahead", 365 * dayMs],
  ["two days ahead", 2 * dayMs],
  ["a year back", -365 * dayMs],
])("a clock that jumps %s makes no new sale of it", async (_, jumpMs) => {
  const shop = await soldShop();
  shop.world.wallOffMs += jumpMs;
  await expect(shop.start(again)).rejects.toMatchObject(refused);
});

test("a sale that is paid and not yet over is no new one, however long ago it was", async () => {
  const shop = await paidShop();
  await shop.world.pass(30 * dayMs);
  await expect(shop.start(again)).rejects.toMatchObject({
    code: expect.stringMatching(/^(PAYMENT_IN_PROGRESS|SALE_IN_DOUBT)$/),
  });
});
