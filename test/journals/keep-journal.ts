// Keeps a journal as this version writes it, for later versions to open: node test/journals/keep-journal.ts
// Run once for each release, and commit what it makes in test/fixtures/journals/<version>: it is never made again.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { type Journal, openJournal } from "../../daemon/journal/journal.ts";
import { fold } from "../../daemon/payments/payment/fold.ts";
import type { Payment } from "../../daemon/payments/payment/payment.ts";
import { rowOf } from "../../daemon/payments/ports/store.ts";
import { version } from "../../daemon/version.ts";
import { realWorld } from "../../daemon/world.ts";
import { scenarios } from "./scenarios.ts";

const fixtures = fileURLToPath(new URL("../fixtures/journals", import.meta.url));
const oldYear = Date.parse("2023-03-01T10:00:00Z");
const newYear = Date.parse("2026-11-23T12:00:00Z");

async function main(): Promise<void> {
  const kept = join(fixtures, version);
  await mkdir(fixtures, { recursive: true });
  await mkdir(kept);
  const dataDir = await mkdtemp(join(tmpdir(), "tillbridge-journal-"));
  try {
    const payments = await write(dataDir, join(kept, "data"));
    const lines = payments.map((payment) => `${JSON.stringify(payment)}\n`);
    await writeFile(join(kept, "payments.jsonl"), lines.join(""));
    stdout.write(`${kept}: ${payments.length} payments\n`);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Two years of a till; kept as a power cut leaves it, with the newest payments in the log only. */
async function write(dataDir: string, kept: string): Promise<Payment[]> {
  let now = oldYear;
  const options = { dataDir, world: { ...realWorld(), now: () => now }, version };
  const first = await openJournal(options);
  const old = await writeStories(first, "2023");
  await first.close();
  now = newYear;
  const journal = await openJournal(options);
  const young = await writeStories(journal, "2026");
  await writeRest(journal);
  await cp(dataDir, kept, { recursive: true, filter: (file) => !/(-shm|lock.*)$/.test(file) });
  await journal.close();
  return [...old, ...young];
}

async function writeStories(journal: Journal, year: string): Promise<Payment[]> {
  const payments: Payment[] = [];
  for (const [name, events] of Object.entries(scenarios(year))) {
    const planned = fold(events.map((event) => ({ ...event, at: 0 })));
    payments.push(fold(await journal.payments.append(`${name}-${year}`, events, rowOf(planned))));
  }
  return payments;
}

async function writeRest(journal: Journal): Promise<void> {
  await journal.till.append({
    type: "paymentMethodSet",
    paymentMethod: { displayName: "MobilePay", account: "5810", useInTill: true, quickButton: true },
  });
  await journal.checkIns.append({ customerToken: "token", initiatedAt: "2026-11-23T12:00:00Z", ageSeconds: 2 });
  await journal.sweeps.append({ checked: 3, released: 1, withdrawn: 0, different: [] });
}

await main().catch((error: unknown) => {
  stderr.write(`keep-journal: ${error instanceof Error ? error.message : "failed"}\n`);
  exit(1);
});
