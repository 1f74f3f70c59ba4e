import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import type { EventParams } from "../../daemon/protocol/events.ts";
import { programFile } from "../support/bundle.ts";
import { Till } from "../support/till.ts";

// The program itself, killed with SIGKILL in mid-sale and started again on the same disk.

let till: Till;

afterEach(() => till.close());

/** Nobody has taken the sale up in time, and MobilePay has said what happened. */
const abandoned = ({ item: { choices, payment } }: EventParams<"recovery.changed">) =>
  choices.length > 0 && payment.state === "needsDecision";

const open = async () => {
  till = await Till.open({ runs: "process", abandonAfterSeconds: 1 });
};

async function paidAndKilled(): Promise<void> {
  await open();
  await till.start();
  await till.approve();
  await till.untilPayment("paid");
  await till.pullThePlug();
  till.events.length = 0;
  await till.powerOn();
}

test("money taken, no receipt: the cashier is asked, and the money goes back", async () => {
  await paidAndKilled();
  const { item } = await till.until("recovery.changed", abandoned);
  expect(item).toMatchObject({
    situation: "paidWithoutReceipt",
    choices: ["refund", "reRing"],
    payment: { captured: 4990 },
  });
  expect(await till.call("recovery.list", {})).toMatchObject({ items: [{ paymentId: "payment-1", resolved: false }] });
  await expect(till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r" })).rejects.toMatchObject({
    code: "NOT_COMPLETABLE",
  });
  await till.call("recovery.resolve", {
    paymentId: "payment-1",
    decision: "refund",
    decidedBy: "cashier 7",
    reason: "the customer left",
  });
  await till.untilPayment("refunded");
  expect(till.account()).toMatchObject({ captured: 4990, refunded: 4990 });
  expect(await till.call("recovery.list", {})).toEqual({ items: [] });
});

test("money taken, no receipt: the sale is rung up again with the paid transaction, and a second power cut changes nothing", async () => {
  await paidAndKilled();
  await till.until("recovery.changed", abandoned);
  await till.call("recovery.resolve", { paymentId: "payment-1", decision: "reRing", saleId: "sale-2" });
  await till.pullThePlug();
  await till.powerOn();
  expect(await till.call("recovery.list", {})).toMatchObject({ items: [{ decision: "reRing", resolved: false }] });
  await expect(till.call("recovery.resolve", { paymentId: "payment-1", decision: "refund" })).rejects.toMatchObject({
    code: "RECOVERY_DECIDED",
  });
  const done = await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-2" });
  expect(done).toMatchObject({ state: "completed", saleId: "sale-2", receiptNumber: "receipt-2" });
  expect(till.account()).toMatchObject({ captured: 4990, refunded: 0 });
});

test("a page that still shows the sale goes on with it after the power cut", async () => {
  till = await Till.open({ runs: "process", abandonAfterSeconds: 600 });
  await till.start();
  await till.untilPayment("waitingForApproval");
  await till.pullThePlug();
  till.simulator.platform.phone.approve("tillA-payment-1");
  till.events.length = 0;
  await till.powerOn();
  await till.start();
  await till.untilPayment("paid");
  expect(await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "r-1" })).toMatchObject({
    state: "completed",
  });
  expect(till.account()).toMatchObject({ captured: 4990 });
});

test("what nobody waits for any more is withdrawn after the power cut", async () => {
  await open();
  await till.start();
  await till.untilPayment("waitingForApproval");
  await till.pullThePlug();
  await till.powerOn();
  await till.untilPayment("cancelled");
  expect(till.account()).toMatchObject({ state: "TERMINATED" });
});

test("a payment in doubt blocks its sale, not the till", async () => {
  await open();
  await till.start();
  await till.approve();
  await till.untilPayment("paid");
  await till.pullThePlug();
  await till.powerOn();
  await expect(till.start({ paymentId: "payment-2" })).rejects.toMatchObject({ code: "SALE_IN_DOUBT" });
  const total = { currency: "DKK" as const, value: 2500 };
  await expect(
    till.start({ paymentId: "payment-3", sale: { saleId: "sale-3", total }, amount: total }),
  ).resolves.toMatchObject({ state: "requesting" });
});

test("event numbers only grow, across a power cut too", async () => {
  await open();
  await till.start();
  await till.untilPayment("waitingForApproval");
  const before = till.events.at(-1)?.params.seq ?? 0;
  await till.pullThePlug();
  till.events.length = 0;
  await till.powerOn();
  await till.untilPayment("cancelled");
  expect(Math.min(...till.events.map(({ params }) => params.seq))).toBeGreaterThan(before);
});

test("a second daemon on the same data is refused, and the first goes on", async () => {
  await open();
  const second = spawn(process.execPath, [programFile, "run", "--config", till.configFile], { stdio: "ignore" });
  const [code] = (await once(second, "exit")) as [number];
  expect(code).toBe(3);
  expect(await till.call("till.get", {})).toMatchObject({ tillId: "tillA" });
});
