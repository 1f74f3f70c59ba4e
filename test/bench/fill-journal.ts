// Fills a journal with finished payments, as years of sales would: test/bench/fill-journal.ts DATA_DIR COUNT
// Through the daemon's own journal, so that chain, index and anchor are what they would be. Needs an unused data directory.
import { argv, exit, stdout } from "node:process";
import { openJournal } from "../../daemon/journal/journal.ts";
import { realWorld } from "../../daemon/world.ts";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import type { PaymentRow } from "../../daemon/payments/ports/store.ts";

const atOnce = 4000;
const firstSaleAt = Date.parse("2021-01-01T08:00:00Z");
const betweenSalesMs = 150_000;

async function main(dataDir: string, count: number): Promise<void> {
  let now = firstSaleAt;
  const journal = await openJournal({ dataDir, world: { ...realWorld(), now: () => now }, version: "0.0.0" });
  for (let done = 0; done < count; done += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - done) }, (_, index) => done + index);
    now = firstSaleAt + done * betweenSalesMs;
    await Promise.all(numbers.map((number) => journal.payments.append(paymentId(number), events(number), row(number))));
    stdout.write(`\r${done + numbers.length} of ${count}`);
  }
  await journal.close();
  stdout.write("\n");
}

/** As random as those that a POS makes, so that the index is as scattered; the same at every run. */
function paymentId(number: number): string {
  const scattered = (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  return `${scattered}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

function reference(number: number): string {
  return `kassa-1-${paymentId(number)}`;
}

function events(number: number): readonly PaymentEvent[] {
  const amount = { currency: "DKK" as const, value: 100 + (number % 90_000) };
  const body = JSON.stringify({
    amount,
    paymentMethod: { type: "WALLET" },
    customer: { phoneNumber: "4512345678" },
    reference: reference(number),
    userFlow: "PUSH_MESSAGE",
  });
  const order = {
    paymentId: paymentId(number),
    saleId: `sale-${number}`,
    reference: reference(number),
    amount,
    customer: { by: "tillTag" as const },
    capture: "onApproval" as const,
    fingerprint: "0".repeat(64),
  };
  return [
    { type: "started", order },
    { type: "requested", key: `${reference(number)}-create`, body },
    { type: "created" },
    { type: "authorized" },
    {
      type: "captureRequested",
      key: `${reference(number)}-capture-1`,
      body: JSON.stringify({ modificationAmount: amount }),
    },
    { type: "captured" },
    { type: "receiptMade", receiptNumber: `R-${number}` },
  ];
}

function row(number: number): PaymentRow {
  return {
    saleId: `sale-${number}`,
    reference: reference(number),
    state: "completed",
    open: false,
    receiptNumber: `R-${number}`,
    startedAt: firstSaleAt + number * betweenSalesMs,
    refundIds: [],
  };
}

const [, , dataDir, count = "0"] = argv;
if (dataDir === undefined || !/^[1-9]\d{0,7}$/.test(count)) {
  stdout.write("usage: test/bench/fill-journal.ts DATA_DIR COUNT\n");
  exit(2);
}
await main(dataDir, Number(count));
