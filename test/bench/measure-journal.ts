// How long a till waits for its journal: test/bench/measure-journal.ts DATA_DIR. Adds a thousand payments to it. Fill it first with
// test/bench/fill-journal.ts.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { argv, exit, memoryUsage, stdout } from "node:process";
import { type Journal, openJournal } from "../../daemon/journal/journal.ts";
import type { PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import type { PaymentRow } from "../../daemon/payments/ports/store.ts";
import { realWorld } from "../../daemon/world.ts";

const times = 1000;

async function main(dataDir: string): Promise<void> {
  const { journal, openMs } = await opened(dataDir);
  const { paymentIds } = await journal.payments.list({ limit: 500 });
  const old = (await journal.payments.list({ limit: 500, to: Date.parse("2021-02-01T00:00:00Z") })).paymentIds;
  const { size } = await stat(join(dataDir, "journal", "journal.db"));
  say("journal.db", `${Math.round(size / 1e6)} MB`);
  say("open, to the first answer", `${openMs.toFixed(0)} ms`);
  const { payments } = journal;
  await measure("payments that are open", () => payments.open());
  await measure("one payment, new", (nth) => payments.events(paymentIds[nth % paymentIds.length] ?? ""));
  await measure("one payment, of the first month", (nth) => payments.events(old[nth % old.length] ?? ""));
  await measure("no such payment", (nth) => payments.events(`payment-that-is-new-${nth}`));
  await measure("by receipt number", (nth) => payments.list({ receiptNumber: `R-${nth * 7}`, limit: 20 }));
  await measure("by sale", (nth) => payments.list({ saleId: `sale-${nth * 11}`, state: "completed", limit: 10 }));
  await measure("the newest fifty", () => payments.list({ limit: 50 }));
  await measure("one more event, synced", (nth) => append(journal, nth));
  say("memory", `${Math.round(memoryUsage.rss() / 1e6)} MB`);
  await journal.close();
}

async function opened(dataDir: string): Promise<{ journal: Journal; openMs: number }> {
  const startedMs = performance.now();
  const journal = await openJournal({ dataDir, world: realWorld(), version: "0.0.0" });
  await journal.payments.open();
  return { journal, openMs: performance.now() - startedMs };
}

async function append({ payments }: Journal, nth: number): Promise<void> {
  const paymentId = `measured-${Date.now()}-${nth}`;
  const amount = { currency: "DKK", value: 4990 } as const;
  const order = {
    paymentId,
    saleId: paymentId,
    reference: paymentId,
    amount,
    customer: { by: "tillTag" },
    capture: "onApproval",
    fingerprint: "0".repeat(64),
  } as const;
  const event: PaymentEvent = { type: "started", order };
  const found: PaymentRow = {
    saleId: paymentId,
    reference: paymentId,
    state: "expired",
    open: false,
    startedAt: Date.now(),
    refundIds: [],
  };
  await payments.append(paymentId, [event, { type: "expired" }], found);
}

async function measure(what: string, work: (nth: number) => Promise<unknown>): Promise<void> {
  const tookMs: number[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    const startedMs = performance.now();
    await work(nth);
    tookMs.push(performance.now() - startedMs);
  }
  tookMs.sort((one, other) => one - other);
  const at = (part: number) => (tookMs[Math.floor(part * (times - 1))] ?? 0).toFixed(2);
  say(what, `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

function say(what: string, value: string): void {
  stdout.write(`${what.padEnd(34)} ${value}\n`);
}

const [, , dataDir] = argv;
if (dataDir === undefined) {
  stdout.write("usage: test/bench/measure-journal.ts DATA_DIR\n");
  exit(2);
}
await main(dataDir);
