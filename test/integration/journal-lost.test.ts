import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { Till, type TillOptions } from "../support/till.ts";

// The till's disk is lost, or an old image of it is put back. The POS still has the ids that it made; MobilePay still has the money.

const dkk = (value: number) => ({ currency: "DKK" as const, value });

async function openTill(context: TestContext, options?: TillOptions): Promise<Till> {
  const till = await Till.open(options);
  context.onTestFinished(() => till.close());
  return till;
}

/** The journal is gone; who may connect is kept apart, or the page could not come back. */
async function loseJournal(till: Till): Promise<void> {
  await till.stop();
  const access = join(till.folder, "access.json");
  await cp(join(till.dataDir, "access.json"), access);
  await rm(till.dataDir, { recursive: true });
  await cp(access, join(till.dataDir, "access.json"));
  till.events.length = 0;
  await till.powerOn();
}

const charges = (till: Till, reference = "tillA-payment-1") =>
  till.account(reference).events.filter(({ name }) => name === "CAPTURED").length;

const customers = [
  ["phone", { by: "phone", phoneNumber: "4500000001" }],
  ["code on the screen", { by: "screenQr" }],
] as const;

describe("a paid sale whose journal is lost before the receipt", () => {
  test.concurrent.for(customers)(
    "is paid again by the same call, without a second charge: customer by %s",
    async ([, customer], context) => {
      const till = await openTill(context);
      await till.start({ customer });
      await till.approve();
      await till.untilPayment("paid");
      await loseJournal(till);
      expect(await till.call("payment.list", {})).toEqual({ payments: [] });
      await till.start({ customer });
      await till.untilPayment("paid");
      const done = await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r-1" });
      expect(done).toMatchObject({ state: "completed", captured: 4990 });
      expect([charges(till), till.account().captured]).toEqual([1, 4990]);
    },
  );

  test.concurrent("is found although the tag is lost too: the customer need not scan again", async (context) => {
    const till = await openTill(context);
    await till.pair();
    till.simulator.platform.checkIns.listen(async (checkIn) => (await till.call("checkIn.notify", checkIn)).accepted);
    await till.start({ customer: { by: "tillTag" } });
    await till.simulator.platform.phone.scanTag("123456789012345");
    await till.approve();
    await till.untilPayment("paid");
    await loseJournal(till);
    expect(await till.call("till.get", {})).toMatchObject({ paired: false });
    await till.start({ customer: { by: "tillTag" } });
    await till.untilPayment("paid");
    expect(charges(till)).toBe(1);
    await expect(
      till.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: dkk(4990) }, customer: { by: "tillTag" } }),
    ).rejects.toMatchObject({ code: "PAYMENT_IN_PROGRESS" });
  });

  test.concurrent("comes before a person when the page that repeated the call goes away", async (context) => {
    const till = await openTill(context, { abandonAfterSeconds: 2 });
    await till.start();
    await till.approve();
    await till.untilPayment("paid");
    await loseJournal(till);
    await till.start();
    await till.untilPayment("paid");
    till.leave();
    await till.connect();
    const { item } = await till.until("recovery.changed", ({ item: { choices } }) => choices.length > 0);
    expect(item).toMatchObject({ situation: "paidWithoutReceipt", payment: { captured: 4990 } });
    expect(charges(till)).toBe(1);
  });

  test.concurrent("can be finished by making the receipt, when that is all that the POS still wants", async (context) => {
    const till = await openTill(context);
    await till.start();
    await till.approve();
    await till.untilPayment("paid");
    await loseJournal(till);
    const done = await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r-1" });
    expect(done).toMatchObject({ state: "completed", captured: 4990, receiptNumber: "r-1" });
    expect(charges(till)).toBe(1);
  });

  test.concurrent("is found with the approval of a sale that was only reserved", async (context) => {
    const till = await openTill(context, { capture: "onReceipt" });
    await till.start();
    await till.approve();
    await till.untilPayment("paid");
    await loseJournal(till);
    await till.start();
    await till.untilPayment("paid");
    await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r-1" });
    await till.untilPayment("completed");
    expect(till.account()).toMatchObject({ authorized: 4990, captured: 4990, cancelled: 0 });
  });
});

test.concurrent("with a second journal on another disk, a sale that was paid before the first disk was lost comes before the cashier", async (context) => {
  const secondFolder = await mkdtemp("/dev/shm/tillbridge-second-");
  context.onTestFinished(() => rm(secondFolder, { recursive: true, force: true }));
  const till = await openTill(context, { abandonAfterSeconds: 2, settings: { journal: { secondFolder } } });
  await till.start();
  await till.approve();
  await till.untilPayment("paid");
  await loseJournal(till);
  const { item } = await till.until("recovery.changed", ({ item: { choices } }) => choices.length > 0);
  expect(item).toMatchObject({ situation: "paidWithoutReceipt", payment: { paymentId: "payment-1", captured: 4990 } });
  const { journal } = await till.call("health.get", {});
  expect(journal.detail).toContain("taken from the second journal");
  expect(charges(till)).toBe(1);
});

describe("a purchase whose journal is lost afterwards", () => {
  const wish = { refundId: "refund-01", amount: dkk(1000) };

  test.concurrent.for([
    ["its id", { paymentId: "payment-1" }],
    ["its reference", { reference: "tillA-payment-1" }],
  ] as const)("can be refunded by %s, and never more than is left", async ([, purchase], context) => {
    const till = await openTill(context);
    await till.sell();
    await till.call("refund.start", { ...wish, ...purchase });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    await loseJournal(till);
    await expect(
      till.call("refund.start", { refundId: "refund-02", ...purchase, amount: dkk(4000) }),
    ).rejects.toMatchObject({ code: "REFUND_EXCEEDS" });
    await till.call("refund.start", { refundId: "refund-02", ...purchase, amount: dkk(3990) });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.account()).toMatchObject({ captured: 4990, refunded: 4990 });
  });

  test.concurrent("is not refunded twice when the POS repeats a refund from before the loss", async (context) => {
    const till = await openTill(context);
    await till.sell();
    await till.call("refund.start", { ...wish, paymentId: "payment-1" });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    await loseJournal(till);
    const known = await till.call("refund.start", { ...wish, paymentId: "payment-1" });
    expect(known).toMatchObject({ state: "refunded" });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.account()).toMatchObject({ refunded: 1000 });
    expect(await till.call("payment.get", { paymentId: "payment-1" })).toMatchObject({
      captured: 4990,
      refunded: 1000,
    });
    await till.call("refund.start", { refundId: "refund-02", paymentId: "payment-1", amount: dkk(3990) });
    await till.until("refund.changed", ({ refund }) => refund.refundId === "refund-02" && refund.state === "refunded");
    expect(till.account()).toMatchObject({ refunded: 4990 });
  });

  test.concurrent("that was refunded whole shows that refund, and does not refuse its repeat as too much", async (context) => {
    const till = await openTill(context);
    await till.sell();
    const whole = { refundId: "refund-01", paymentId: "payment-1", amount: dkk(4990) };
    await till.call("refund.start", whole);
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    await loseJournal(till);
    await till.call("refund.start", whole);
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.account()).toMatchObject({ refunded: 4990 });
    await expect(till.call("refund.start", { ...whole, refundId: "refund-02" })).rejects.toMatchObject({
      code: "REFUND_EXCEEDS",
    });
  });

  test.concurrent("is nobody's who names another till's, or one that MobilePay has taken no money for", async (context) => {
    const till = await openTill(context);
    await till.start();
    await till.untilPayment("waitingForApproval");
    await till.call("payment.cancel", { paymentId: "payment-1" });
    await till.untilPayment("cancelled");
    await loseJournal(till);
    for (const purchase of [{ paymentId: "payment-1" }, { paymentId: "payment-9" }, { reference: "tillB-payment-1" }])
      await expect(till.call("refund.start", { ...wish, ...purchase })).rejects.toMatchObject({
        code: "NOT_A_MOBILEPAY_PURCHASE",
      });
  });

  test.concurrent("is not called unknown while MobilePay does not answer", async (context) => {
    const till = await openTill(context);
    await till.sell();
    await loseJournal(till);
    till.simulator.faults.plan({ operation: "get", fault: { kind: "status", status: 503 } });
    await expect(till.call("refund.start", { ...wish, paymentId: "payment-1" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
  });
});

test.concurrent("an old image of the disk that is put back forgets a sale of today: the same call finds it again", async (context) => {
  const till = await openTill(context);
  await till.sell();
  await till.stop();
  await cp(join(till.dataDir, "journal"), join(till.folder, "yesterday"), { recursive: true });
  await till.powerOn();
  const total = dkk(4990);
  const today = { paymentId: "payment-2", sale: { saleId: "sale-2", total } };
  await till.start(today);
  await till.approve("payment-2");
  await till.untilPayment("paid", "payment-2");
  await till.stop();
  await rename(join(till.dataDir, "journal"), join(till.folder, "today"));
  await rename(join(till.folder, "yesterday"), join(till.dataDir, "journal"));
  till.events.length = 0;
  await till.powerOn();
  expect((await till.call("health.get", {})).journal.detail).toContain("earlier copy");
  await till.start(today);
  await till.untilPayment("paid", "payment-2");
  expect(charges(till, "tillA-payment-2")).toBe(1);
});
