import { describe, expect, test } from "vitest";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { paidShop, Shop } from "../support/shop.ts";
import type { Operation } from "../support/bank.ts";

// MobilePay forgets an idempotency key after a day. Whatever is sent again after that is done again: so it is asked first what came of
// what was sent before, however long the till could not write, and whatever its journal has forgotten.

const reference = "kassa1-payment-1";
const amount = { currency: "DKK" as const, value: 1000 };
const hourMs = 3_600_000;

async function completedShop(): Promise<Shop> {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  return shop;
}

const refundOne = (shop: Shop, refundId = "refund-01") =>
  shop.act((payments) => payments.startRefund({ refundId, receiptNumber: "r-1", amount }));

interface Effect {
  readonly name: string;
  readonly operation: Operation;
  /** Up to the moment at which the till is about to send it. */
  readonly shop: () => Promise<Shop>;
  readonly begin: (shop: Shop) => Promise<unknown>;
  /** Where the payment is when all is well. */
  readonly end: object;
}

const effects: readonly Effect[] = [
  {
    name: "create",
    operation: "create",
    shop: async () => new Shop(),
    begin: (shop) => shop.start(),
    end: { state: "expired" },
  },
  {
    name: "capture",
    operation: "capture",
    shop: async () => {
      const shop = new Shop();
      await shop.start();
      await shop.until("waitingForApproval");
      return shop;
    },
    begin: async (shop) => shop.bank.approve(reference),
    end: { state: "paid", captured: 4990 },
  },
  {
    name: "refund",
    operation: "refund",
    shop: completedShop,
    begin: (shop) => refundOne(shop),
    end: { state: "completed", refunded: 1000 },
  },
  {
    name: "refund by decision",
    operation: "refund",
    shop: async () => {
      const shop = await paidShop();
      shop.leave();
      await shop.until("needsDecision");
      await shop.world.pass(5000);
      return shop;
    },
    begin: (shop) => shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" })),
    end: { state: "refunded", refunded: 4990 },
  },
  {
    name: "release",
    operation: "cancel",
    shop: async () => {
      const shop = await paidShop(new Shop({ capture: "onReceipt" }));
      shop.leave();
      await shop.until("needsDecision");
      await shop.world.pass(5000);
      return shop;
    },
    begin: (shop) => shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" })),
    end: { state: "refunded", cancelled: 4990 },
  },
  {
    name: "withdraw",
    operation: "cancel",
    shop: async () => {
      const shop = new Shop();
      await shop.start();
      await shop.until("waitingForApproval");
      return shop;
    },
    begin: (shop) => shop.act((payments) => payments.cancel("payment-1")),
    end: { state: "cancelled" },
  },
];

/** The disk is full from the moment at which MobilePay has done it. */
function fullOnceDone(shop: Shop, operation: Operation): { readonly sent: number } {
  const count = { sent: 0 };
  shop.onRequest = (request) => {
    if (request.operation === operation) count.sent += 1;
  };
  const landed = shop.bank.onLanded;
  shop.bank.onLanded = (done, about) => {
    landed(done, about);
    if (done === operation) shop.disk.trouble = "full";
  };
  return count;
}

describe("what MobilePay has answered and the disk does not take is not sent again, and learnt from MobilePay when the disk takes it", () => {
  test.each(effects.flatMap((effect) => [0.1, 25].map((hours) => [effect.name, hours, effect] as const)))(
    "%s, the disk full for %d hours",
    async (_, hours, { operation, shop: open, begin, end }) => {
      const shop = await open();
      const effectsBefore = shop.bank.effects.length;
      const count = fullOnceDone(shop, operation);
      await begin(shop);
      await shop.world.pass(hours * hourMs);
      expect(count.sent).toBe(1);
      shop.bank.onLanded = () => undefined;
      shop.disk.trouble = undefined;
      await shop.world.pass(660_000);
      expect(shop.bank.effects.slice(effectsBefore).filter((effect) => effect.operation === operation)).toHaveLength(1);
      expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject(end);
    },
  );

  test.each(effects.map((effect) => [effect.name, effect] as const))(
    "%s, the till switched off for a day and an hour",
    async (_, { operation, shop: open, begin, end }) => {
      const shop = await open();
      const effectsBefore = shop.bank.effects.length;
      fullOnceDone(shop, operation);
      await begin(shop);
      await shop.world.pass(60_000);
      shop.kill();
      await shop.world.pass(25 * hourMs);
      shop.bank.onLanded = () => undefined;
      shop.disk.trouble = undefined;
      await shop.restart();
      await shop.start().catch(() => undefined);
      await shop.world.pass(5000);
      expect(shop.bank.effects.slice(effectsBefore).filter((effect) => effect.operation === operation)).toHaveLength(1);
      expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject(end);
    },
  );

  test("nor is what was lost on its way to MobilePay, as long as the disk is known to take nothing", async () => {
    const shop = await completedShop();
    const count = fullOnceDone(shop, "refund");
    shop.bank.fate = (operation) => ({ kind: operation === "refund" ? "lostBefore" : "ok", latencyMs: 5 });
    await refundOne(shop);
    shop.disk.trouble = "full";
    const paying = shop.start({
      paymentId: "payment-2",
      sale: { saleId: "sale-2", total: { ...amount, value: 4990 } },
    });
    await expect(paying).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    await shop.world.pass(25 * hourMs);
    expect(count.sent).toBe(1);
    shop.disk.trouble = undefined;
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    await shop.world.pass(60_000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
  });
});

/** The till's disk is put back to how it was before a refund, and a day and an hour pass. */
async function putBackBeforeRefund(before: (shop: Shop) => Promise<unknown> = async () => undefined): Promise<Shop> {
  const shop = await completedShop();
  await before(shop);
  const kept = shop.disk.length;
  await refundOne(shop);
  await shop.world.pass(5000);
  shop.kill();
  shop.disk.keep(kept);
  await shop.world.pass(25 * hourMs);
  await shop.restart();
  return shop;
}

const sweepNow = (shop: Shop) =>
  shop.act((payments) =>
    payments.sweep(
      memorySweeps(() => shop.world.now()),
      new AbortController().signal,
    ),
  );

describe("a journal that was put back to an older copy, and the same refund again a day and an hour later: paid once", () => {
  test.each([
    ["at once", async () => undefined],
    ["after the night's comparison", sweepNow],
    [
      "while MobilePay does not answer, which comes back later",
      async (shop: Shop) => {
        shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
        void shop.world.sleep(120_000).then(() => {
          shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
        });
      },
    ],
    [
      "where MobilePay's log names no keys any more",
      async (shop: Shop) => {
        shop.bank.namesKeys = false;
      },
    ],
  ] as const)("%s", async (_, then) => {
    const shop = await putBackBeforeRefund();
    await then(shop);
    await refundOne(shop);
    await shop.world.pass(200_000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
    expect(await shop.act((payments) => payments.getRefund("refund-01"))).toMatchObject({ state: "refunded" });
    expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ refunded: 1000 });
  });

  test("also where another refund was made before, and after it", async () => {
    const shop = await putBackBeforeRefund(async (before) => {
      await refundOne(before, "refund-00");
      await before.world.pass(5000);
    });
    await refundOne(shop, "refund-02");
    await shop.world.pass(5000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 3000 });
    await refundOne(shop, "refund-01");
    await shop.world.pass(5000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 3000 });
    expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ refunded: 3000 });
  });

  test("another refund is paid, and no more than is left at MobilePay is accepted", async () => {
    const shop = await putBackBeforeRefund();
    const whole = { ...amount, value: 4990 };
    const start = (refundId: string, value: number) =>
      shop.act((payments) => payments.startRefund({ refundId, receiptNumber: "r-1", amount: { ...amount, value } }));
    await expect(start("refund-02", whole.value)).rejects.toMatchObject({
      code: "REFUND_EXCEEDS",
      details: { left: { value: 3990 } },
    });
    await start("refund-03", 3990);
    await shop.world.pass(5000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 4990 });
  });
});

test("a refund at a till whose MobilePay does not answer is taken on within three seconds, and paid when it does", async () => {
  const shop = await completedShop();
  await shop.restart();
  shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
  const beganMs = shop.world.monotonicMs();
  await refundOne(shop);
  expect(shop.world.monotonicMs() - beganMs).toBeLessThan(3500);
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
});
