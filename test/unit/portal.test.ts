import { describe, expect, test } from "vitest";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { paidShop, Shop } from "../support/shop.ts";

// What others do at MobilePay, in the portal or at another till, whole and in parts; and receipts that came to have no money.

const reference = "kassa1-payment-1";
const whole = 4990;
const dkk = (value: number) => ({ currency: "DKK" as const, value });
const never = new AbortController().signal;

const list = (shop: Shop) => shop.payments.recoveryItems();
const view = (shop: Shop) => shop.act((payments) => payments.get("payment-1"));
const decide = (shop: Shop, decision: "refund" | "reRing" | "settled") =>
  shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision }));
const complete = (shop: Shop) =>
  shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
const sweep = (shop: Shop) =>
  shop.act((payments) =>
    payments.sweep(
      memorySweeps(() => shop.world.now()),
      never,
    ),
  );
const refund = (shop: Shop, refundId: string, value: number) =>
  shop.act((payments) => payments.startRefund({ refundId, paymentId: "payment-1", amount: dkk(value) }));

/** Approved, and paid as far as the POS knows; the money is taken when there is a receipt. */
function reserved(): Promise<Shop> {
  return paidShop(new Shop({ capture: "onReceipt" }));
}

async function completed(): Promise<Shop> {
  const shop = await paidShop();
  await complete(shop);
  return shop;
}

/** Nothing is taken from the till's page any more: after a restart nobody takes the sale up. */
async function abandoned(shop: Shop): Promise<Shop> {
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  return shop;
}

describe("a part that was captured in the portal", () => {
  test("is shown, and the till takes the rest for the sale", async () => {
    const shop = await reserved();
    shop.bank.inPortal("capture", reference, 1000);
    await complete(shop);
    expect(await shop.until("completed")).toMatchObject({ captured: whole, left: whole });
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: whole });
  });

  test("and the rest released: shown with its sums, and before a person who can give back what there is", async () => {
    const shop = await abandoned(await reserved());
    shop.bank.inPortal("capture", reference, 1000);
    shop.bank.inPortal("cancel", reference);
    await sweep(shop);
    expect(list(shop)).toMatchObject([
      {
        situation: "changedElsewhere",
        choices: ["refund", "settled"],
        payment: { state: "needsDecision", authorized: whole, captured: 1000, cancelled: 3990, left: 1000 },
      },
    ]);
    await expect(decide(shop, "reRing")).rejects.toMatchObject({ code: "NOT_COMPLETABLE" });
    await decide(shop, "refund");
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 1000, refunded: 1000 });
    expect(list(shop)).toEqual([]);
  });

  test("before a decision to refund: the rest is released and the part given back", async () => {
    const shop = await abandoned(await reserved());
    shop.bank.inPortal("capture", reference, 1000);
    await decide(shop, "refund");
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 1000, cancelled: 3990, refunded: 1000 });
  });

  test("settled outside the till, it is over and listed no more, also after a restart and a sweep", async () => {
    const shop = await abandoned(await reserved());
    shop.bank.inPortal("capture", reference, 1000);
    shop.bank.inPortal("cancel", reference);
    await sweep(shop);
    await decide(shop, "settled");
    expect(await view(shop)).toMatchObject({ state: "completed", captured: 1000, decision: "settled" });
    await shop.restart();
    expect(await sweep(shop)).toMatchObject({ different: [] });
    expect(list(shop)).toEqual([]);
  });
});

test("a webhook of the portal is followed by a look also while the POS makes the receipt, and while a person decides", async () => {
  const shop = await paidShop();
  shop.bank.inPortal("refund", reference, 1000);
  shop.payments.requery(reference);
  await shop.world.pass(1000);
  expect(await view(shop)).toMatchObject({ state: "paid", refunded: 1000, left: 3990 });
  await abandoned(shop);
  shop.bank.inPortal("refund", reference, whole);
  shop.payments.requery(reference);
  await shop.until("refunded");
});

test("a customer approves, and MobilePay's portal captures and releases in parts before the till has asked", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  shop.bank.inPortal("capture", reference, 1000);
  shop.bank.inPortal("cancel", reference);
  await shop.until("needsDecision");
  expect(list(shop)).toMatchObject([{ situation: "changedElsewhere", payment: { captured: 1000, cancelled: 3990 } }]);
});

test("a payment that shows as terminated with what was authorized is over, with its sums", async () => {
  const shop = await abandoned(await reserved());
  shop.bank.inPortal("cancel", reference);
  Object.assign(shop.bank.accounts.get(reference) ?? {}, { state: "TERMINATED" });
  await sweep(shop);
  expect(await view(shop)).toMatchObject({ state: "cancelled", authorized: whole, cancelled: whole });
  expect(list(shop)).toEqual([]);
});

describe("another amount under the reference", () => {
  test("is before a person after a short while, with that amount and what can be done, and ends there", async () => {
    const shop = new Shop();
    await shop.start();
    await shop.until("waitingForApproval");
    Object.assign(shop.bank.accounts.get(reference) ?? {}, { amount: { currency: "DKK", value: 5000 } });
    shop.bank.approve(reference);
    await shop.world.pass(60_000);
    expect(list(shop)).toMatchObject([
      { situation: "amountDiffers", choices: ["settled"], payment: { amountAtMobilePay: dkk(5000), captured: 0 } },
    ]);
    await decide(shop, "settled");
    await shop.restart();
    expect(await sweep(shop)).toMatchObject({ different: [] });
    expect(list(shop)).toEqual([]);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 0 });
  });

  test("that goes away again is forgotten, and the payment goes on with what is true", async () => {
    const shop = new Shop();
    await shop.start();
    await shop.until("waitingForApproval");
    const account = shop.bank.accounts.get(reference) ?? {};
    Object.assign(account, { amount: { currency: "NOK", value: whole } });
    await shop.world.pass(60_000);
    expect(list(shop)).toMatchObject([{ situation: "amountDiffers" }]);
    Object.assign(account, { amount: dkk(whole) });
    await shop.until("cancelled");
    expect(list(shop)).toEqual([]);
  });

  test("found by the sweep with money on it, under a payment that was over", async () => {
    const shop = new Shop();
    await shop.start();
    await shop.until("waitingForApproval");
    await shop.act((payments) => payments.cancel("payment-1"));
    await shop.until("cancelled");
    const other = { state: "AUTHORIZED", amount: dkk(5000), authorized: 5000, captured: 5000 };
    Object.assign(shop.bank.accounts.get(reference) ?? {}, other);
    await sweep(shop);
    expect(list(shop)).toMatchObject([{ situation: "amountDiffers", choices: ["settled"] }]);
  });
});

test("a payment that MobilePay no longer knows comes before a person", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.accounts.clear();
  await shop.world.pass(60_000);
  expect(list(shop)).toMatchObject([{ choices: ["settled"], payment: { state: "needsDecision" } }]);
  await decide(shop, "settled");
  expect(await view(shop)).toMatchObject({ state: "cancelled" });
});

describe("a refund", () => {
  test("of more than is left says how much is left, was refunded, and was captured", async () => {
    const shop = await completed();
    shop.bank.inPortal("refund", reference, 1000);
    await sweep(shop);
    expect(await view(shop)).toMatchObject({ refunded: 1000, left: 3990 });
    await expect(refund(shop, "refund-1", whole)).rejects.toMatchObject({
      code: "REFUND_EXCEEDS",
      details: { left: dkk(3990), refunded: dkk(1000), captured: dkk(whole) },
    });
  });

  test("that others made already is learnt with the refusal: no circle between 'refund it first' and 'already refunded'", async () => {
    const shop = await completed();
    shop.bank.inPortal("refund", reference, whole);
    await expect(shop.start({ paymentId: "payment-2" })).rejects.toMatchObject({ code: "SALE_ALREADY_PAID" });
    await refund(shop, "refund-1", whole).catch(() => undefined);
    await shop.world.pass(30_000);
    expect(await view(shop)).toMatchObject({ refunded: whole, left: 0 });
    await expect(shop.start({ paymentId: "payment-2" })).resolves.toMatchObject({ state: "requesting" });
  });

  test("by decision that MobilePay refuses for good comes back with a choice that ends it", async () => {
    const shop = await abandoned(await paidShop());
    shop.bank.refuse = (operation) => (operation === "refund" ? 6220 : undefined);
    await decide(shop, "refund");
    await shop.world.pass(10_000);
    expect(list(shop)).toMatchObject([{ choices: ["refund", "reRing", "settled"] }]);
    await decide(shop, "settled");
    expect(await view(shop)).toMatchObject({ state: "completed", left: whole });
  });

  test("of a reservation that MobilePay does not release comes back with a choice that ends it", async () => {
    const shop = await abandoned(await reserved());
    shop.bank.refuse = (operation) => (operation === "cancel" ? 6190 : undefined);
    await decide(shop, "refund");
    await shop.world.pass(10_000);
    expect(list(shop)).toMatchObject([
      { situation: "approvedNotCaptured", choices: ["refund", "reRing", "settled"], payment: { failure: {} } },
    ]);
    await decide(shop, "settled");
    expect(list(shop)).toEqual([]);
  });
});

describe("a receipt without money is before a person", () => {
  const expected = [{ situation: "receiptWithoutMoney", payment: { receiptNumber: "r-1", state: "needsDecision" } }];

  async function ends(shop: Shop): Promise<void> {
    await decide(shop, "settled");
    await shop.restart();
    await sweep(shop);
    expect(list(shop)).toEqual([]);
  }

  test("when the reservation was cancelled in the portal before the receipt", async () => {
    const shop = await reserved();
    shop.bank.inPortal("cancel", reference);
    await complete(shop);
    await shop.world.pass(30_000);
    expect(list(shop)).toMatchObject(expected);
    await ends(shop);
  });

  test("when the reservation lapsed", async () => {
    const shop = await reserved();
    await shop.world.pass(15 * 86_400_000);
    await complete(shop);
    await shop.world.pass(30_000);
    expect(list(shop)).toMatchObject(expected);
  });

  test("when it lapsed while MobilePay did not answer, also after a restart", async () => {
    const shop = await reserved();
    shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
    await complete(shop);
    await shop.restart();
    shop.bank.inPortal("cancel", reference);
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    await shop.world.pass(60_000);
    expect(list(shop)).toMatchObject(expected);
    await ends(shop);
  });

  test("when the till had learnt of the release just before the POS made the receipt", async () => {
    const shop = await abandoned(await reserved());
    shop.bank.inPortal("cancel", reference);
    await sweep(shop);
    expect(await view(shop)).toMatchObject({ state: "cancelled" });
    expect(await complete(shop)).toMatchObject({ state: "needsDecision", receiptNumber: "r-1" });
    await shop.world.pass(5000);
    expect(list(shop)).toMatchObject(expected);
    await ends(shop);
  });

  test("when all was refunded before the receipt", async () => {
    const shop = await abandoned(await paidShop());
    shop.bank.inPortal("refund", reference, whole);
    await sweep(shop);
    await complete(shop);
    await shop.world.pass(5000);
    expect(list(shop)).toMatchObject([{ ...expected[0], choices: ["settled"] }]);
    await ends(shop);
  });

  test("when the capture was refused for good", async () => {
    const shop = await reserved();
    shop.bank.refuse = (operation) => (operation === "capture" ? 6100 : undefined);
    await complete(shop);
    await shop.world.pass(30_000);
    expect(list(shop)).toMatchObject(expected);
    expect(list(shop)[0]?.choices).toContain("settled");
    await ends(shop);
  });

  test.each(["cancel", "refund"] as const)(
    "when the journal was lost, and a %s in the portal took the money",
    async (does) => {
      const shop = await paidShop(new Shop({ capture: does === "cancel" ? "onReceipt" : "onApproval" }));
      shop.bank.inPortal(does, reference, whole);
      shop.disk.keep(0);
      await shop.restart();
      await complete(shop);
      await shop.world.pass(30_000);
      expect(list(shop)).toMatchObject(expected);
      await ends(shop);
    },
  );
});

test("a payment that was cancelled, refused or expired here and paid there comes before a person", async () => {
  for (const end of ["cancelled", "rejected", "expired"] as const) {
    const shop = new Shop();
    await shop.start();
    await shop.until("waitingForApproval");
    if (end === "cancelled") await shop.act((payments) => payments.cancel("payment-1"));
    if (end === "rejected") shop.bank.reject(reference);
    await shop.until(end);
    const paid = { state: "AUTHORIZED", authorized: whole, captured: whole };
    Object.assign(shop.bank.accounts.get(reference) ?? {}, paid);
    await sweep(shop);
    expect(list(shop)).toMatchObject([{ situation: "paidWithoutReceipt", choices: ["refund", "reRing"] }]);
  }
});
