import { describe, expect, test } from "vitest";
import type { Payments } from "../../daemon/payments/payments.ts";
import { Shop, paidShop } from "../support/shop.ts";

// A sync that fails: the till is told that the write was not made, and the rows may be in the file all the same.

const reference = "kassa1-payment-1";
const amount = { currency: "DKK" as const, value: 1000 };
const refund = { refundId: "refund-1", paymentId: "payment-1", amount };

/** What a call came to: its error's code, or that it was answered. */
async function outcomeOf(shop: Shop, call: (payments: Payments) => Promise<unknown>): Promise<unknown> {
  return outcome(shop.act(call));
}

function outcome(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => "answered",
    (error: { code: string; data: { retry: string } }) => `${error.code} ${error.data.retry}`,
  );
}

/** Refused, and it is chance whether the rows turn up: here they do, as soon as the file is opened by another process. */
function failSyncs(shop: Shop, { showAtOnce = false } = {}): void {
  shop.disk.trouble = "syncFails";
  shop.disk.ghostsShow = showAtOnce;
}

/** The process dies, and the next one finds the rows in the file. */
async function restartWithRows(shop: Shop): Promise<void> {
  shop.disk.trouble = undefined;
  shop.disk.ghostsShow = true;
  await shop.restart();
}

async function completedShop(): Promise<Shop> {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  return shop;
}

describe("a refund whose write was refused", () => {
  test.each([false, true])(
    "is not said to be none while it may still be paid (rows show at once: %s)",
    async (showAtOnce) => {
      const shop = await completedShop();
      failSyncs(shop, { showAtOnce });
      expect(await outcomeOf(shop, (payments) => payments.startRefund(refund))).toBe("JOURNAL_FAILED query");
      expect(await outcomeOf(shop, (payments) => payments.getRefund("refund-1"))).toBe("OUTCOME_UNKNOWN query");
      expect(await outcomeOf(shop, (payments) => payments.get("payment-1"))).toBe("OUTCOME_UNKNOWN query");
      await restartWithRows(shop);
      await shop.world.pass(60_000);
      expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
      expect(await shop.act((payments) => payments.getRefund("refund-1"))).toMatchObject({ state: "refunded" });
    },
  );

  test.each([false, true])(
    "is never paid once it was said that there is none (rows show at once: %s)",
    async (showAtOnce) => {
      const shop = await completedShop();
      failSyncs(shop, { showAtOnce });
      await outcomeOf(shop, (payments) => payments.startRefund(refund));
      shop.disk.trouble = undefined;
      // As the journal itself does every few seconds.
      await shop.act(() => shop.journal.store.writable());
      expect(await outcomeOf(shop, (payments) => payments.getRefund("refund-1"))).toBe("REFUND_NOT_FOUND never");
      await restartWithRows(shop);
      await shop.world.pass(60_000);
      expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 0 });
      expect(await outcomeOf(shop, (payments) => payments.getRefund("refund-1"))).toBe("REFUND_NOT_FOUND never");
    },
  );

  test.each([false, true])("is paid once when it is sent again (rows show at once: %s)", async (showAtOnce) => {
    const shop = await completedShop();
    failSyncs(shop, { showAtOnce });
    await outcomeOf(shop, (payments) => payments.startRefund(refund));
    shop.disk.trouble = undefined;
    expect(await shop.act((payments) => payments.startRefund(refund))).toMatchObject({ state: "refunding" });
    await shop.world.pass(60_000);
    await restartWithRows(shop);
    await shop.world.pass(60_000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
  });
});

test("a payment whose start was refused is not said to be none, nor its sale, while it may still turn up", async () => {
  const shop = new Shop();
  await shop.act(() => shop.journal.ready);
  failSyncs(shop);
  expect(await outcome(shop.start())).toBe("JOURNAL_FAILED query");
  const calls: ((payments: Payments) => Promise<unknown>)[] = [
    (payments) => payments.get("payment-1"),
    (payments) => payments.list({ saleId: "sale-1" }),
    (payments) => payments.cancel("payment-1"),
    (payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }),
  ];
  for (const call of calls) expect(await outcomeOf(shop, call)).toBe("OUTCOME_UNKNOWN query");
  await restartWithRows(shop);
  expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ state: "requesting" });
  await shop.until("cancelled");
});

test("a payment whose start was refused is void once the disk is well: another may be started for the sale", async () => {
  const shop = new Shop();
  await shop.act(() => shop.journal.ready);
  failSyncs(shop, { showAtOnce: true });
  await outcome(shop.start());
  shop.disk.trouble = undefined;
  await shop.start({ paymentId: "payment-2" });
  expect(await outcomeOf(shop, (payments) => payments.get("payment-1"))).toBe("PAYMENT_NOT_FOUND never");
  await restartWithRows(shop);
  expect(await outcomeOf(shop, (payments) => payments.get("payment-1"))).toBe("PAYMENT_NOT_FOUND never");
});

test("a decision whose write was refused is not offered anew, and not said to be open, while it may still be carried out", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  failSyncs(shop);
  const decide = (payments: Payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" });
  expect(await outcomeOf(shop, decide)).toBe("JOURNAL_FAILED query");
  expect(shop.payments.recoveryItems()).toMatchObject([{ situation: "checking", choices: [] }]);
  expect(await outcomeOf(shop, (payments) => payments.get("payment-1"))).toBe("OUTCOME_UNKNOWN query");
  await restartWithRows(shop);
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 4990 });
});

test("pages are told when a decision that was refused is void, and may decide anew", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  failSyncs(shop, { showAtOnce: true });
  await outcomeOf(shop, (payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
  const told = () =>
    shop.events
      .flatMap(({ event, params }) => (event === "recovery.changed" ? [params.item.choices.length] : []))
      .at(-1);
  expect(told()).toBe(0);
  shop.disk.trouble = undefined;
  await shop.act(() => shop.journal.store.writable());
  await shop.world.pass(2000);
  expect(told()).toBeGreaterThan(0);
  await restartWithRows(shop);
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 0 });
});

test("a receipt whose write was refused is not said to be missing while it may still turn up", async () => {
  const shop = await paidShop();
  failSyncs(shop);
  const complete = (payments: Payments) =>
    payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page());
  expect(await outcomeOf(shop, complete)).toBe("JOURNAL_FAILED query");
  expect(await outcomeOf(shop, (payments) => payments.get("payment-1"))).toBe("OUTCOME_UNKNOWN query");
  expect(await outcomeOf(shop, (payments) => payments.list({ receiptNumber: "r-1" }))).toBe("OUTCOME_UNKNOWN query");
  const back = { refundId: "refund-1", receiptNumber: "r-1", amount };
  expect(await outcomeOf(shop, (payments) => payments.startRefund(back))).toBe("OUTCOME_UNKNOWN query");
  await restartWithRows(shop);
  expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ state: "completed" });
});

test("a write that the database took back for sure leaves nothing in doubt", async () => {
  const shop = await completedShop();
  shop.disk.trouble = "full";
  expect(await outcomeOf(shop, (payments) => payments.startRefund(refund))).toBe("JOURNAL_FAILED same-request");
  expect(await outcomeOf(shop, (payments) => payments.getRefund("refund-1"))).toBe("REFUND_NOT_FOUND never");
});
