import { afterEach, expect, test } from "vitest";
import { stickerText, Till, type TillOptions } from "../support/till.ts";

let open: Till | undefined;

async function openTill(options?: TillOptions): Promise<Till> {
  open = await Till.open(options);
  return open;
}

afterEach(async () => {
  await open?.close();
  open = undefined;
});

const refused = (code: string) => expect.objectContaining({ code });
const dkk = (value: number) => ({ currency: "DKK" as const, value });

test("the payment method's settings are kept over a restart and shown to every page", async () => {
  const till = await openTill();
  const wish = { displayName: "MobilePay at the till", account: "58210", useInTill: true, quickButton: true };
  expect((await till.call("paymentMethod.set", wish)).paymentMethod).toEqual(wish);
  expect((await till.until("till.changed")).till.paymentMethod).toEqual(wish);
  await till.stop();
  await till.powerOn();
  expect((await till.call("till.get", {})).paymentMethod).toEqual(wish);
});

test("pairing listens for the next scan, says what it read, and registers it once", async () => {
  const till = await openTill();
  await till.scannerReady();
  await till.call("pairing.start", {});
  await till.scanner.write(`${stickerText}\r`);
  const read = await till.until("pairing.tagRead");
  expect(read).toMatchObject({ source: "scanner", tagId: "123456789012345" });
  const view = await till.call("pairing.register", { tag: read.content, locationDescription: "Counter 1" });
  expect(view).toMatchObject({
    paired: true,
    terminal: { terminalId: "123456789012345", locationDescription: "Counter 1" },
  });
  const again = await till.call("pairing.register", { tag: "1234 5678 9012 345", locationDescription: "Counter 1" });
  expect(again.terminal).toEqual(view.terminal);
  await till.stop();
  await till.powerOn();
  expect(await till.call("till.get", {})).toMatchObject({ paired: true, terminal: view.terminal });
});

test("pairing refuses a product and a customer's code, and says what was scanned", async () => {
  const till = await openTill();
  await till.scannerReady();
  await till.call("pairing.start", {});
  await till.scanner.write("5701234567899\r");
  expect(await till.until("pairing.tagRefused", ({ meaning }) => meaning === "product")).toMatchObject({
    content: "5701234567899",
  });
  await till.call("pairing.start", {});
  const [customer] = till.simulator.platform.customers.values();
  await till.scanner.write(`${customer?.personalQr}\r`);
  expect((await till.until("pairing.tagRefused", ({ meaning }) => meaning === "customerQr")).message).toMatch(
    /customer/i,
  );
  await expect(
    till.call("pairing.register", { tag: customer?.personalQr ?? "", locationDescription: "x" }),
  ).rejects.toEqual(refused("TAG_NOT_RECOGNISED"));
});

test("a new code is created, shown for print, and recognised when it is scanned later", async () => {
  const till = await openTill();
  const created = await till.call("pairing.register", { create: true, locationDescription: "Counter 2" });
  expect(created.terminal?.tagContent).toMatch(/^https:\/\/qr\.vipps\.no\//);
  await till.call("pairing.remove", {});
  const scanned = await till.call("pairing.register", {
    tag: created.terminal?.tagContent ?? "",
    locationDescription: "Counter 2",
  });
  expect(scanned.terminal?.tagId).toBe(created.terminal?.tagId);
});

test("a customer who scans the till's tag pays, and the page follows each step", async () => {
  const till = await openTill();
  await till.pair();
  till.simulator.platform.checkIns.listen(async (checkIn) => (await till.call("checkIn.notify", checkIn)).accepted);
  expect(await till.start({ customer: { by: "tillTag" } })).toMatchObject({ state: "waitingForCustomer" });
  expect(await till.simulator.platform.phone.scanTag("123456789012345")).toMatchObject({ shown: "connected" });
  await till.approve();
  const { payment } = await till.untilPayment("paid");
  expect(payment).toMatchObject({ captured: 4990, customerBy: "tillTag" });
  expect(await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" })).toMatchObject({
    state: "completed",
    receiptNumber: "receipt-1",
  });
  expect(till.states()).toEqual([
    "waitingForCustomer",
    "requesting",
    "waitingForApproval",
    "capturing",
    "paid",
    "completed",
  ]);
});

test("a customer who scanned just before the sale was started is found too", async () => {
  const till = await openTill();
  await till.pair();
  till.simulator.platform.checkIns.listen(async (checkIn) => (await till.call("checkIn.notify", checkIn)).accepted);
  await till.simulator.platform.phone.scanTag("123456789012345");
  await till.start({ customer: { by: "tillTag" } });
  await till.approve();
  await till.untilPayment("paid");
});

test("the customer's own code is read by the scanner and not rung up as goods", async () => {
  const till = await openTill();
  await till.scannerReady();
  await till.start({ customer: { by: "customerQr" } });
  const [customer] = till.simulator.platform.customers.values();
  await till.scanner.write(`${customer?.personalQr}\r`);
  expect(await till.until("scan.read")).toMatchObject({ meaning: "customerQr", handledBy: "payment" });
  await till.approve();
  await till.untilPayment("paid");
});

test("a one-time code is shown on the screen and paid", async () => {
  const till = await openTill();
  await till.start({ customer: { by: "screenQr" } });
  const { payment } = await till.untilPayment("waitingForApproval");
  const [customer] = till.simulator.platform.customers.values();
  await till.simulator.platform.phone.scan(customer?.phoneNumber ?? "", payment.screenQr?.content ?? "");
  till.simulator.platform.phone.approve(payment.reference);
  await till.untilPayment("paid");
});

test("a phone number is enough", async () => {
  const till = await openTill();
  await till.sell();
  expect(await till.call("payment.list", { receiptNumber: "receipt-1" })).toMatchObject({
    payments: [{ paymentId: "payment-1", state: "completed" }],
  });
});

test("goods that are scanned go to the page, in order", async () => {
  const till = await openTill();
  await till.scannerReady();
  await till.scanner.write("5701234567899\r4006381333931\r");
  await till.until("scan.read", ({ data }) => data === "4006381333931");
  const scans = till.events.flatMap(({ event, params }) =>
    event === "scan.read" ? [[params.data, params.meaning]] : [],
  );
  expect(scans).toEqual([
    ["5701234567899", "product"],
    ["4006381333931", "product"],
  ]);
});

test("the rules have exact errors: whole amount, no change, one currency, a tag for the tag, one payment at a time", async () => {
  const till = await openTill();
  await expect(till.start({ customer: { by: "tillTag" } })).rejects.toEqual(refused("NOT_PAIRED"));
  await expect(till.start({ amount: dkk(4000) })).rejects.toEqual(refused("SPLIT_NOT_ALLOWED"));
  await expect(till.start({ amount: dkk(5000) })).rejects.toEqual(refused("CHANGE_NOT_ALLOWED"));
  await expect(till.start({ amount: { currency: "NOK", value: 4990 } })).rejects.toEqual(refused("CURRENCY_MISMATCH"));
  await till.start();
  await expect(till.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: dkk(4990) } })).rejects.toEqual(
    refused("PAYMENT_IN_PROGRESS"),
  );
  await expect(till.start({ description: "another body" })).rejects.toEqual(refused("PAYMENT_CONFLICT"));
  expect(await till.start()).toMatchObject({ paymentId: "payment-1" });
  await expect(till.call("payment.get", { paymentId: "payment-9" })).rejects.toEqual(refused("PAYMENT_NOT_FOUND"));
  await expect(till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r" })).rejects.toEqual(
    refused("NOT_COMPLETABLE"),
  );
});

test("a purchase is refunded whole or in parts, by payment, receipt or reference, and never more than is left", async () => {
  const till = await openTill();
  await till.sell();
  await till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount: dkk(1000) });
  await till.until("refund.changed", ({ refund }) => refund.refundId === "refund-01" && refund.state === "refunded");
  await till.call("refund.start", { refundId: "refund-02", receiptNumber: "receipt-1", amount: dkk(990) });
  await till.until("refund.changed", ({ refund }) => refund.refundId === "refund-02" && refund.state === "refunded");
  const asked = ["refund-03", "refund-04"].map((refundId) =>
    till.call("refund.start", { refundId, reference: "tillA-payment-1", amount: dkk(2000) }),
  );
  const answers = await Promise.allSettled(asked);
  expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(answers.find(({ status }) => status === "rejected")).toMatchObject({ reason: refused("REFUND_EXCEEDS") });
  await till.until(
    "refund.changed",
    ({ refund }) => ["refund-03", "refund-04"].includes(refund.refundId) && refund.state === "refunded",
  );
  expect(till.account()).toMatchObject({ refunded: 3990 });
  expect(await till.call("payment.get", { paymentId: "payment-1" })).toMatchObject({
    refunded: 3990,
    state: "completed",
  });
  await expect(
    till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount: dkk(500) }),
  ).rejects.toEqual(refused("REFUND_CONFLICT"));
  await expect(
    till.call("refund.start", { refundId: "refund-05", receiptNumber: "cash-1", amount: dkk(500) }),
  ).rejects.toEqual(refused("NOT_A_MOBILEPAY_PURCHASE"));
  await expect(till.call("refund.get", { refundId: "refund-09" })).rejects.toEqual(refused("REFUND_NOT_FOUND"));
});

test("a refund that is asked for twice with the same id is given once", async () => {
  const till = await openTill();
  await till.sell();
  const wish = { refundId: "refund-01", paymentId: "payment-1", amount: dkk(4990) };
  await Promise.all([till.call("refund.start", wish), till.call("refund.start", wish)]);
  await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
  expect(await till.call("refund.start", wish)).toMatchObject({ state: "refunded" });
  expect(till.account()).toMatchObject({ refunded: 4990 });
});

test("the customer who says no ends the payment", async () => {
  const till = await openTill();
  await till.start();
  const { payment } = await till.untilPayment("waitingForApproval");
  till.simulator.platform.phone.refuse(payment.reference);
  await till.untilPayment("rejected");
  expect(till.account()).toMatchObject({ state: "ABORTED" });
});

test("the cashier who cancels withdraws the request from the customer's phone", async () => {
  const till = await openTill();
  await till.start();
  await till.untilPayment("waitingForApproval");
  await till.call("payment.cancel", { paymentId: "payment-1" });
  await till.untilPayment("cancelled");
  expect(till.account()).toMatchObject({ state: "TERMINATED" });
  await expect(till.start({ paymentId: "payment-2" })).resolves.toMatchObject({ state: "requesting" });
});

test("time that runs out at MobilePay ends the payment at the till", async () => {
  const till = await openTill();
  await till.start();
  await till.untilPayment("waitingForApproval");
  till.simulator.clock.advance(11 * 60_000);
  await till.untilPayment("expired");
});

test("approve and cancel in the same moment have one true end, decided by a person", async () => {
  const till = await openTill();
  await till.start();
  const { payment } = await till.untilPayment("waitingForApproval");
  const cancelled = till.call("payment.cancel", { paymentId: "payment-1" });
  till.simulator.platform.phone.approve(payment.reference);
  await cancelled;
  const end = await till.until(
    "payment.changed",
    ({ payment: { state } }) => state === "cancelled" || state === "needsDecision",
  );
  if (end.payment.state === "cancelled") {
    expect(till.account()).toMatchObject({ state: "TERMINATED" });
    return;
  }
  const { item } = await till.until("recovery.changed", ({ item: { choices } }) => choices.length > 0);
  expect(item).toMatchObject({ situation: "approvedNotCaptured" });
  await till.call("recovery.resolve", { paymentId: "payment-1", decision: "refund", decidedBy: "cashier 7" });
  await till.untilPayment("refunded");
  expect(till.account()).toMatchObject({ captured: 0, cancelled: 4990 });
});

test("a page that reloads takes its sale up again and misses no event", async () => {
  const till = await openTill({ abandonAfterSeconds: 3600 });
  await till.start();
  const { payment } = await till.untilPayment("waitingForApproval");
  const afterSeq = till.events.at(-1)?.params.seq ?? 0;
  till.leave();
  till.simulator.platform.phone.approve(payment.reference);
  await till.connect(till.port, afterSeq);
  await till.start();
  await till.untilPayment("paid");
  const seqs = till.events.map(({ params }) => params.seq);
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
});

test("a page that is gone for good leaves nothing on the customer's phone", async () => {
  const till = await openTill();
  await till.start();
  await till.untilPayment("waitingForApproval");
  till.leave();
  await till.connect();
  await till.untilPayment("cancelled");
  expect(till.account()).toMatchObject({ state: "TERMINATED" });
});

test("a refusal by MobilePay tells the cashier what to do", async () => {
  const till = await openTill();
  await till.start({ customer: { by: "phone", phoneNumber: "4599999999" } });
  const { payment } = await till.untilPayment("failed");
  expect(payment.failure).toMatchObject({ code: "CUSTOMER_UNAVAILABLE", mobilePayCode: "7010" });
  expect(payment.failure?.hint).toBeTruthy();
  expect(JSON.stringify(payment)).not.toContain("4599999999");
});

test.each([
  ["create", { kind: "lostBefore" }],
  ["create", { kind: "lostAfter" }],
  ["get", { kind: "html" }],
  ["get", { kind: "wrongAmount" }],
  ["capture", { kind: "lostAfter" }],
  ["capture", { kind: "status", status: 503 }],
] as const)("a sale goes through although %s is hit by %o", async (operation, fault) => {
  const till = await openTill();
  till.simulator.faults.plan({ operation, fault });
  await till.sell();
  expect(till.account()).toMatchObject({ captured: 4990 });
});
