import { expect, test } from "vitest";
import { paidShop, Shop } from "../support/shop.ts";

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

// What only MobilePay's clock can say.

/** A till that knows MobilePay's time, unless `away`. */
function timedShop() {
  const line = { away: false };
  const shop = new Shop({
    parts: ({ bank }) => ({
      mobilePayTime: { now: () => (line.away ? undefined : bank.now()), learn: () => Promise.resolve() },
    }),
  });
  return { shop, line };
}

async function sold(shop: Shop): Promise<void> {
  await paidShop(shop);
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "0001" }, shop.page()));
}

test("a clock that was three days behind when the sale was made, and is put right after a power cut, makes no new sale of it", async () => {
  const { shop } = timedShop();
  shop.world.wallOffMs -= 3 * dayMs;
  await sold(shop);
  shop.world.wallOffMs += 3 * dayMs;
  await shop.restart();
  await expect(shop.start(again)).rejects.toMatchObject(refused);
});

test("a till whose clock went a year back takes the id again a day later all the same", async () => {
  const { shop } = timedShop();
  await sold(shop);
  await shop.restart();
  shop.world.wallOffMs -= 365 * dayMs;
  await shop.world.pass(25 * hourMs);
  await expect(shop.start(again)).resolves.toMatchObject({ paymentId: "payment-2" });
});

test("where MobilePay's time cannot be had nothing is said to be paid, and nothing is charged", async () => {
  const { shop, line } = timedShop();
  await sold(shop);
  await shop.restart();
  shop.world.wallOffMs += 2 * dayMs;
  line.away = true;
  await expect(shop.start(again)).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
  line.away = false;
  await expect(shop.start(again)).rejects.toMatchObject(refused);
});

test("a sale that is rung up again days after the customer paid is one sale from its receipt on", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(3 * dayMs);
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing", saleId: "sale-9" }));
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "0009" }, shop.page()));
  const total = { currency: "DKK" as const, value: 4990 };
  const anew = { paymentId: "payment-9", sale: { saleId: "sale-9", total } };
  await expect(shop.start(anew)).rejects.toMatchObject(refused);
  await shop.restart();
  await expect(shop.start(anew)).rejects.toMatchObject(refused);
});
