import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Till } from "../support/till.ts";

// What is believed about money is on disk first. Each step costs one sync, and not one more: counted at the system calls of the program.

async function watchedTill() {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-syncs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const trace = join(folder, "trace");
  const till = await Till.open({
    runs: "process",
    before: ["strace", "-D", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", trace],
  });
  onTestFinished(() => till.close());
  const count = async () => {
    const lines = (await readFile(trace, "utf8")).split("\n");
    return lines.filter((line) => /\b(fsync|fdatasync)\(\d+<[^>]*journal\.db-wal>/.test(line)).length;
  };
  let before = await count();
  /** Syncs of the write-ahead log since the last call. */
  const syncs = async () => {
    const now = await count();
    const since = now - before;
    before = now;
    return since;
  };
  return { till, syncs };
}

test("one sync for each step of a sale and of its refund, and none between them", async () => {
  const { till, syncs } = await watchedTill();
  const steps: [string, number][] = [];
  const step = async (name: string) => steps.push([name, await syncs()]);

  await till.start();
  await till.untilPayment("waitingForApproval");
  await step("the intent to ask for the money; MobilePay has it");
  await till.call("payment.get", { paymentId: "payment-1" });
  await step("a question");
  till.simulator.platform.phone.approve("tillA-payment-1");
  await till.untilPayment("paid");
  await step("approved; the intent to take it; taken");
  await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
  await step("the receipt");
  const amount = { currency: "DKK" as const, value: 4990 };
  await till.call("refund.start", { refundId: "refund-1", paymentId: "payment-1", amount });
  await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
  await step("the intent to give it back; given back");

  expect(steps).toEqual([
    ["the intent to ask for the money; MobilePay has it", 2],
    ["a question", 0],
    ["approved; the intent to take it; taken", 3],
    ["the receipt", 1],
    ["the intent to give it back; given back", 2],
  ]);
});
