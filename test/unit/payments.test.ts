import { expect, test } from "vitest";
import { paidShop, Shop } from "../support/shop.ts";

const reference = "kassa1-payment-1";

test("a sale goes from request to approval to money to receipt", async () => {
  const shop = await paidShop();
  const done = await shop.act((payments) =>
    payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()),
  );
  expect(done).toMatchObject({ state: "completed", captured: 4990, receiptNumber: "r-1" });
  expect(shop.states()).toEqual(["requesting", "waitingForApproval", "capturing", "paid", "completed"]);
  expect(shop.bank.effects.map(({ operation }) => operation)).toEqual(["create", "capture"]);
});

test("the intent is on disk before the request leaves", async () => {
  const shop = new Shop();
  shop.bank.fate = () => {
    expect(shop.disk.payments.get("payment-1")?.map(({ type }) => type)).toContain("requested");
    return { kind: "ok", latencyMs: 5 };
  };
  await shop.start();
  await shop.until("waitingForApproval");
});

test("an answer that never comes is asked for, not guessed", async () => {
  const shop = new Shop();
  shop.bank.fate = (operation) => ({ kind: operation === "create" ? "lostAfter" : "ok", latencyMs: 5 });
  await shop.start({ customer: { by: "phone", phoneNumber: "4512345678" } });
  await shop.until("waitingForApproval");
  expect(shop.bank.effects).toHaveLength(1);
});

test("a request that never arrived is sent again with the same key", async () => {
  const shop = new Shop();
  let calls = 0;
  shop.bank.fate = (operation) => ({
    kind: operation === "create" && calls++ === 0 ? "lostBefore" : "ok",
    latencyMs: 5,
  });
  await shop.start();
  await shop.until("waitingForApproval");
  expect(shop.bank.effects).toHaveLength(1);
});

test("a doubled capture takes the money once", async () => {
  const shop = new Shop();
  shop.bank.fate = (operation) =>
    operation === "capture" ? { kind: "doubled", latencyMs: 5, lateMs: 3000 } : { kind: "ok", latencyMs: 5 };
  await paidShop(shop);
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990 });
});

test("the customer who says no ends the payment", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.reject(reference);
  await shop.until("rejected");
});

test("a payment that nobody approves expires when MobilePay says so", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("expired");
  expect(shop.world.monotonicMs()).toBeGreaterThan(600_000);
});

test("a cancelled payment is withdrawn at MobilePay", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  expect(await shop.act((payments) => payments.cancel("payment-1"))).toMatchObject({ state: "cancelling" });
  await shop.until("cancelled");
  expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
});

test("the customer who approves while the cashier cancels leads to a decision, never to a charge", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  await shop.world.pass(500);
  shop.bank.approve(reference);
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("needsDecision");
  await shop.world.pass(120_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 0 });
  expect(shop.payments.recoveryItems()).toMatchObject([
    { situation: "approvedNotCaptured", choices: ["refund", "reRing"], recommended: "refund" },
  ]);
});

test("cancelling what never reached MobilePay ends only when no request can be on its way any more", async () => {
  const shop = new Shop();
  shop.bank.fate = (operation) =>
    ({ kind: operation === "create" ? "late" : "ok", latencyMs: 5, lateMs: 40_000 }) as const;
  await shop.start();
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("cancelled");
  expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
});

test("money taken but no receipt made before the power went is asked about, and refunded on decision", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  expect(shop.payments.recoveryItems()).toMatchObject([
    { situation: "paidWithoutReceipt", choices: ["refund", "reRing"], recommended: "reRing" },
  ]);
  const item = await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
  expect(item).toMatchObject({ decision: "refund", resolved: false });
  const refunded = await shop.until("refunded");
  expect(refunded).toMatchObject({ refunded: 4990 });
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990, refunded: 4990 });
  expect(shop.payments.recoveryItems()).toEqual([]);
});

test("the paid transaction is used for the sale rung up again", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  await expect(
    shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-2" }, shop.page())),
  ).rejects.toMatchObject({ code: "NOT_COMPLETABLE" });
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing", saleId: "sale-2" }));
  await shop.restart();
  await shop.world.pass(120_000);
  const done = await shop.act((payments) =>
    payments.complete({ paymentId: "payment-1", receiptNumber: "r-2" }, shop.page()),
  );
  expect(done).toMatchObject({ state: "completed", saleId: "sale-2" });
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990, refunded: 0 });
});

test("another decision than the first is refused, the same one again changes nothing", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing" }));
  const again = await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing" }));
  expect(again).toMatchObject({ decision: "reRing" });
  await expect(
    shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" })),
  ).rejects.toMatchObject({ code: "RECOVERY_DECIDED" });
});

test("an abandoned payment that is not approved is withdrawn", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.leave();
  await shop.until("cancelled");
  expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
});

test("a page that comes back in time takes the sale up again, also after a power cut", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  await shop.restart();
  expect(await shop.start({}, "page-2")).toMatchObject({ paymentId: "payment-1" });
  await shop.world.pass(60_000);
  shop.bank.approve(reference);
  await shop.until("paid");
  expect(shop.bank.effects.map(({ operation }) => operation)).toEqual(["create", "capture"]);
});

test("a sale that nobody has taken up again is not captured", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  await shop.restart();
  await shop.world.pass(200_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 0 });
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
  await shop.until("refunded");
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 4990 });
});

test("a capture whose answer was lost with the power is found again", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  shop.bank.fate = (operation) => ({ kind: operation === "capture" ? "lostAfter" : "ok", latencyMs: 5 });
  await shop.until("capturing");
  await shop.world.pass(1000);
  await shop.restart();
  await shop.until("paid");
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990 });
});

test("with capture on receipt the money is taken when the receipt is made", async () => {
  const shop = new Shop({ capture: "onReceipt" });
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  expect(await shop.until("paid")).toMatchObject({ authorized: 4990, captured: 0 });
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  expect(await shop.until("completed")).toMatchObject({ captured: 4990 });
});

test("refunds asked for at once never give back more than was paid", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  const amount = { currency: "DKK" as const, value: 2000 };
  const asked = await shop.act((payments) =>
    Promise.allSettled(
      ["refund-1", "refund-2", "refund-3"].map((refundId) =>
        payments.startRefund({ refundId, receiptNumber: "r-1", amount }),
      ),
    ),
  );
  expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 4000 });
  expect(await shop.act((payments) => payments.getRefund("refund-2"))).toMatchObject({ state: "refunded" });
});

test("a refund whose answer was lost is given once", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  let calls = 0;
  shop.bank.fate = (operation) => ({
    kind: operation === "refund" && calls++ === 0 ? "lostAfter" : "ok",
    latencyMs: 5,
  });
  const amount = { currency: "DKK" as const, value: 1000 };
  await shop.act((payments) => payments.startRefund({ refundId: "refund-1", reference, amount }));
  await shop.world.pass(2000);
  await shop.restart();
  await shop.world.pass(60_000);
  expect(await shop.act((payments) => payments.getRefund("refund-1"))).toMatchObject({ state: "refunded" });
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 1000 });
});

test("a refund MobilePay refuses fails with its reason and can be asked for anew", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  shop.bank.refusals.push({ operation: "refund", code: 5100 });
  const amount = { currency: "DKK" as const, value: 4990 };
  await shop.act((payments) => payments.startRefund({ refundId: "refund-1", paymentId: "payment-1", amount }));
  await shop.world.pass(5000);
  expect(await shop.act((payments) => payments.getRefund("refund-1"))).toMatchObject({
    state: "failed",
    failure: { mobilePayCode: "5100" },
  });
  await shop.act((payments) => payments.startRefund({ refundId: "refund-2", paymentId: "payment-1", amount }));
  await shop.world.pass(5000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 4990 });
});

test("a create that MobilePay refuses fails with words for the cashier", async () => {
  const shop = new Shop();
  shop.bank.refusals.push({ operation: "create", code: 5080 });
  await shop.start();
  expect(await shop.until("failed")).toMatchObject({ failure: { code: "MOBILEPAY_REFUSED", mobilePayCode: "5080" } });
});

test("a capture MobilePay refuses puts the reservation before a person", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.refusals.push({ operation: "capture", code: 6260 });
  shop.bank.approve(reference);
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing" }));
  await shop.until("paid");
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 4990 });
});

test("answers that contradict what is known are not believed", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.fate = (operation) =>
    operation === "look"
      ? {
          kind: "lie",
          latencyMs: 5,
          lie: (truth) => ({ ...truth, state: "AUTHORIZED", authorized: 100, amount: { ...truth.amount, value: 100 } }),
        }
      : { kind: "ok", latencyMs: 5 };
  await shop.world.pass(10_000);
  expect(shop.states().at(-1)).toBe("waitingForApproval");
  await shop.world.pass(30_000);
  expect(shop.payments.recoveryItems()).toMatchObject([
    {
      situation: "amountDiffers",
      choices: ["settled"],
      payment: { state: "needsDecision", authorized: 0, amountAtMobilePay: { currency: "DKK", value: 100 } },
    },
  ]);
});

test("one payment at a time: a second is refused while the first is under way", async () => {
  const shop = new Shop();
  await shop.start();
  await expect(
    shop.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: { currency: "DKK", value: 4990 } } }),
  ).rejects.toMatchObject({ code: "PAYMENT_IN_PROGRESS" });
});

test("a payment in doubt blocks its sale, not the till", async () => {
  const shop = await paidShop();
  await shop.restart();
  const total = { currency: "DKK" as const, value: 4990 };
  await expect(shop.start({ paymentId: "payment-2" })).rejects.toMatchObject({ code: "SALE_IN_DOUBT" });
  await expect(shop.start({ paymentId: "payment-3", sale: { saleId: "sale-3", total } })).resolves.toMatchObject({
    state: "requesting",
  });
});

test("a sale that is already paid is not charged again under a new id", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  await expect(shop.start({ paymentId: "payment-2" })).rejects.toMatchObject({
    code: "SALE_ALREADY_PAID",
    details: { paymentId: "payment-1" },
  });
});

test("the same id with another body is a conflict", async () => {
  const shop = new Shop();
  await shop.start();
  await expect(shop.start({ description: "something else" })).rejects.toMatchObject({ code: "PAYMENT_CONFLICT" });
});

test("the rules of amount have their own errors", async () => {
  const shop = new Shop();
  const dkk = (value: number) => ({ currency: "DKK" as const, value });
  await expect(shop.start({ amount: dkk(4000) })).rejects.toMatchObject({ code: "SPLIT_NOT_ALLOWED" });
  await expect(shop.start({ amount: dkk(5000) })).rejects.toMatchObject({ code: "CHANGE_NOT_ALLOWED" });
  await expect(shop.start({ amount: { currency: "EUR", value: 4990 } })).rejects.toMatchObject({
    code: "CURRENCY_MISMATCH",
  });
});

test.each([
  ["DKK", 1],
  ["EUR", 1],
  ["NOK", 100],
] as const)("the smallest amount in %s is %i, as MobilePay has it", async (currency, least) => {
  const shop = new Shop({ currency });
  const sale = (value: number) => ({
    amount: { currency, value },
    sale: { saleId: `sale-${value}`, total: { currency, value } },
  });
  if (least > 1)
    await expect(shop.start(sale(least - 1))).rejects.toMatchObject({
      code: "AMOUNT_OUT_OF_RANGE",
      details: { minimum: { currency, value: least } },
    });
  expect(await shop.start(sale(least))).toMatchObject({ state: "requesting" });
});

test("a customer who is found turns the wait into a request", async () => {
  const shop = new Shop();
  await shop.start({ customer: { by: "tillTag" } });
  expect(shop.states()).toEqual(["waitingForCustomer"]);
  const taken = await shop.act((payments) =>
    payments.customerFound(
      { by: "tillTag", customerToken: "token" },
      { customerToken: "token", ageSeconds: 2, others: 1 },
    ),
  );
  expect(taken).toBe(true);
  expect(await shop.until("waitingForApproval")).toMatchObject({ checkIn: { ageSeconds: 2, others: 1 } });
});

test("a customer who never comes ends the wait without a request", async () => {
  const shop = new Shop();
  await shop.start({ customer: { by: "tillTag" } });
  await shop.until("expired");
  expect(shop.bank.effects).toEqual([]);
});

test("nothing is asked of MobilePay when the journal cannot be written", async () => {
  const shop = new Shop();
  shop.disk.trouble = "full";
  await expect(shop.start()).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
  await shop.world.pass(60_000);
  expect(shop.bank.effects).toEqual([]);
});

test("what is open is followed when the disk comes back", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.disk.trouble = "full";
  shop.bank.approve(reference);
  await shop.world.pass(30_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0 });
  shop.disk.trouble = undefined;
  await shop.until("paid");
});
