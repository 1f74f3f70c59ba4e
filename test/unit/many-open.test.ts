import { expect, test } from "vitest";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import { rowOf, started } from "../support/orders.ts";
import { settled } from "../support/virtual-world.ts";
import { Shop } from "../support/shop.ts";

const amount = { currency: "DKK" as const, value: 4990 };

/** A till that lost power while so many payments waited for their customers' approval, and `payment-1` after them. */
async function interrupted(count: number): Promise<Shop> {
  const shop = new Shop();
  const written = Array.from({ length: count }, (_, nth) => {
    const paymentId = `payment-old-${nth}`;
    const names = { saleId: `sale-old-${nth}`, reference: `kassa1-${paymentId}` };
    const events: PaymentEvent[] = [
      started(paymentId, { ...names, customer: { by: "phone", phoneNumber: "4512345678" } }),
      { type: "requested", key: `kassa1-${paymentId}-n`, body: JSON.stringify({ amount }) },
      { type: "created" },
    ];
    return shop.journal.store.append(paymentId, events, rowOf(paymentId, { ...names, state: "waitingForApproval" }));
  });
  await shop.act(async () => Promise.all(written));
  await shop.start();
  await shop.until("waitingForApproval");
  shop.keepEvents = false;
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 200 });
  let done = false;
  void shop.boot().then(() => (done = true));
  await shop.world.passUntil(() => done, 600_000);
  await settled();
  return shop;
}

test("a till that comes back with 5 000 open payments asks about few at once, and a new sale's request does not wait for them", async () => {
  const shop = await interrupted(5000);
  const sent: string[] = [];
  let mostUnderWay = 0;
  shop.onRequest = ({ operation, reference }) => {
    sent.push(`${operation} ${reference}`);
    mostUnderWay = Math.max(mostUnderWay, shop.underWay.size + 1);
  };
  shop.leave();
  const again = { paymentId: "payment-2", sale: { saleId: "sale-2", total: amount } };
  await shop.start(again);
  await shop.world.passUntil(() => sent.includes("create kassa1-payment-2"), 60_000);
  expect(sent.indexOf("create kassa1-payment-2")).toBeLessThanOrEqual(20);
  expect(mostUnderWay).toBeLessThanOrEqual(8);
});

test("one of them that a page takes up is asked about at once, and the others all the same", async () => {
  const shop = await interrupted(300);
  const sent: string[] = [];
  shop.onRequest = ({ reference }) => sent.push(reference);
  await shop.start();
  await shop.world.passUntil(() => sent.includes("kassa1-payment-1"), 60_000);
  expect(sent.indexOf("kassa1-payment-1")).toBeLessThanOrEqual(10);
  await shop.world.passUntil(() => new Set(sent).size === 301, 600_000);
  expect(new Set(sent).size).toBe(301);
});

test("the recovery list of them comes in pages, each small enough to be sent, and all of it once", async () => {
  const shop = await interrupted(1000);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = shop.payments.recoveryList({ ...(cursor !== undefined && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(100);
    seen.push(...page.items.map(({ paymentId }) => paymentId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(seen).toHaveLength(1001);
  expect(new Set(seen).size).toBe(1001);
  expect(shop.payments.recoveryList({ limit: 500 }).items).toHaveLength(500);
});

test("what waits for a person comes first", async () => {
  const shop = await interrupted(150);
  for (const { reference } of shop.bank.accounts.values()) shop.bank.approve(reference);
  await shop.world.pass(120_000);
  const [first] = shop.payments.recoveryList({}).items;
  expect(first).toMatchObject({ paymentId: "payment-1", choices: ["refund", "reRing"] });
});
