import { describe, expect, test } from "vitest";
import type { BridgeError } from "../../daemon/protocol/errors.ts";
import type { Payments } from "../../daemon/payments/payments.ts";
import { paidShop, Shop, type ShopOptions } from "../support/shop.ts";

// What the journal does not know: MobilePay is asked, and no other sale waits for that.

const amount = { currency: "DKK" as const, value: 4990 };
const unknown = "payment-99";

type LookUp = (payments: Payments, shop: Shop) => Promise<unknown>;
const lookUps: readonly (readonly [string, LookUp, ShopOptions])[] = [
  ["a refund by its id", (payments) => payments.startRefund({ refundId: "refund-01", paymentId: unknown, amount }), {}],
  [
    "a refund by its reference",
    (payments) => payments.startRefund({ refundId: "refund-01", reference: `kassa1-${unknown}`, amount }),
    {},
  ],
  [
    "a receipt",
    (payments, shop) => payments.complete({ paymentId: unknown, receiptNumber: "r-9" }, shop.page("other")),
    {},
  ],
  [
    "a sale by the tag of a till that has none",
    (payments, shop) =>
      payments.start(
        { paymentId: unknown, sale: { saleId: "sale-9", total: amount }, amount, customer: { by: "tillTag" } },
        shop.page("other"),
      ),
    { isPaired: () => false },
  ],
];

describe("a slow answer about a purchase that the journal does not know delays no other sale", () => {
  test.each(lookUps)("%s", async (_, lookUp, options) => {
    const shop = new Shop(options);
    shop.bank.fate = (_operation, reference) => ({ kind: "ok", latencyMs: reference.endsWith(unknown) ? 30_000 : 5 });
    const slow = Promise.allSettled([lookUp(shop.payments, shop)]);
    await shop.world.pass(10);
    const beganMs = shop.world.monotonicMs();
    await shop.start();
    expect(shop.world.monotonicMs() - beganMs).toBeLessThan(100);
    await shop.world.pass(60_000);
    expect(await slow).toMatchObject([{ status: "rejected" }]);
  });
});

const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => "answered",
    (error: BridgeError) => error.code,
  );

const reference = "kassa1-payment-1";
const byTag = { customer: { by: "tillTag" as const } };

/** A sale is paid, its journal is lost, MobilePay does not answer, and the POS repeats the call. */
async function repeatedInTheDark(): Promise<Shop> {
  const shop = await paidShop();
  shop.disk.keep(0);
  await shop.restart();
  shop.events.length = 0;
  shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
  await shop.start(byTag);
  return shop;
}

const stateOf = async (shop: Shop) => (await shop.act((payments) => payments.get("payment-1"))).state;
const final = ["cancelled", "expired", "failed", "rejected", "refunded", "completed"];

const endings: readonly (readonly [string, (shop: Shop) => Promise<unknown>])[] = [
  ["no customer comes for ten minutes", (shop) => shop.world.pass(620_000)],
  ["the cashier cancels", (shop) => shop.act((payments) => payments.cancel("payment-1"))],
  [
    "the page goes away",
    async (shop) => {
      shop.leave();
      await shop.world.pass(31_000);
    },
  ],
  [
    "the till is started again, and no page comes",
    async (shop) => {
      await shop.restart();
      await shop.world.pass(31_000);
    },
  ],
];

describe("a payment that waits for its customer is over only when MobilePay has said that it does not know it", () => {
  test.each(endings)("%s: what the lost journal knew as paid is found, and decided on", async (_, end) => {
    const shop = await repeatedInTheDark();
    await end(shop);
    expect(final).not.toContain(await stateOf(shop));
    expect(shop.payments.isBusy).toBe(false);
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    expect(await shop.until("needsDecision")).toMatchObject({ captured: 4990 });
    await expect(
      shop.start({ paymentId: "payment-2", sale: { saleId: "sale-1", total: amount } }),
    ).rejects.toMatchObject({ code: "SALE_IN_DOUBT" });
    await shop.world.pass(5000);
    await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990, refunded: 4990 });
  });

  test.each(endings)("%s: what MobilePay never knew ends when it answers", async (_, end) => {
    const shop = new Shop();
    shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
    await shop.start(byTag);
    await end(shop);
    expect(await stateOf(shop)).toBe("cancelling");
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    await shop.until("cancelled");
    expect(shop.bank.accounts.size).toBe(0);
  });

  test("an answer of ten minutes ago is none: what MobilePay has learnt meanwhile is found", async () => {
    const shop = await repeatedInTheDark();
    const { accounts } = shop.bank;
    const account = accounts.get(reference);
    accounts.delete(reference);
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    await shop.world.pass(60_000);
    expect(await stateOf(shop)).toBe("waitingForCustomer");
    if (account) accounts.set(reference, account);
    await shop.world.pass(560_000);
    expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ captured: 4990 });
  });

  test.each([
    ["the cashier cancels", "cancelled", endings[1]?.[1]],
    ["the page goes away", "cancelled", endings[2]?.[1]],
    ["no customer comes for ten minutes", "expired", endings[0]?.[1]],
  ] as const)("once it has, that is at once: %s", async (_, state, end) => {
    const shop = new Shop();
    await shop.start(byTag);
    await shop.world.pass(1000);
    await end?.(shop);
    expect(await stateOf(shop)).toBe(state);
  });
});

describe("a payment that ended without money is looked at once more before it is called no purchase", () => {
  const endedShops: readonly (readonly [string, () => Promise<Shop>])[] = [
    [
      "cancelled",
      async () => {
        const shop = new Shop();
        await shop.start();
        await shop.until("waitingForApproval");
        await shop.act((payments) => payments.cancel("payment-1"));
        return shop;
      },
    ],
    [
      "failed",
      async () => {
        const shop = new Shop();
        shop.bank.refusals.push({ operation: "create", code: 6010 });
        await shop.start();
        await shop.until("failed");
        // The request had arrived before, from a till whose journal was lost.
        shop.bank.refusals.length = 0;
        const body = shop.bank.createBody({ reference, amount, customer: { by: "screenQr" } });
        await shop.act(() => shop.bank.create({ reference, key: "earlier", body }));
        return shop;
      },
    ],
  ];
  const questions: readonly (readonly [string, (payments: Payments, shop: Shop) => Promise<unknown>, string])[] = [
    ["payment.get", (payments) => payments.get("payment-1"), "answered"],
    [
      "payment.complete",
      (payments, shop) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()),
      "NOT_COMPLETABLE",
    ],
    [
      "refund.start",
      (payments) => payments.startRefund({ refundId: "refund-01", paymentId: "payment-1", amount }),
      "NOT_REFUNDABLE",
    ],
  ];
  const cases = endedShops.flatMap(([state, ended]) =>
    questions.map(([question, ask, code]) => [state, question, ended, ask, code] as const),
  );

  test.each(cases)("%s, %s: the money is found, and decided on", async (state, _, ended, ask, code) => {
    const shop = await ended();
    await shop.until(state as "failed");
    Object.assign(shop.bank.accounts.get(reference) ?? {}, { state: "AUTHORIZED", authorized: 4990, captured: 4990 });
    expect(await codeOf(shop.act((payments) => ask(payments, shop)))).toBe(code);
    expect(await shop.until("needsDecision")).toMatchObject({ captured: 4990 });
  });

  test.each(cases.filter(([, question]) => question !== "payment.get"))(
    "%s, %s: without an answer nothing is said",
    async (state, _, ended, ask) => {
      const shop = await ended();
      await shop.until(state as "failed");
      shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
      await expect(shop.act((payments) => ask(payments, shop))).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    },
  );

  test("payment.get asks once, and does not wait for the answer", async () => {
    const shop = await (endedShops[0]?.[1]() ?? paidShop());
    await shop.until("cancelled");
    await shop.world.pass(1000);
    const asked: string[] = [];
    shop.onRequest = ({ operation }) => asked.push(operation);
    const beganMs = shop.world.monotonicMs();
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 2000 });
    await shop.act((payments) => payments.get("payment-1"));
    expect(shop.world.monotonicMs() - beganMs).toBeLessThan(100);
    await shop.world.pass(10_000);
    await shop.act((payments) => payments.get("payment-1"));
    expect(asked).toEqual(["look"]);
  });
});
