import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { journalCommand } from "../../daemon/cli/journal/command.ts";
import { openJournal } from "../../daemon/journal/journal.ts";
import { realWorld } from "../../daemon/world.ts";
import { fold } from "../../daemon/payments/payment/fold.ts";
import { isOpen, type Payment } from "../../daemon/payments/payment/payment.ts";
import { machine } from "../../daemon/payments/payment/machine.ts";
import { scenarios } from "../journals/scenarios.ts";
import { checkout } from "../support/imports.ts";
import { rowOf, started } from "../support/orders.ts";

// Every released version's journal must open in this one: a till that is upgraded must not forget a sale. The journals were made by
// test/journals/keep-journal.ts at their time, with the payments as that version knew them.

const kept = join(checkout, "test/fixtures/journals");
const versions = (await readdir(kept)).toSorted();

/** A till's data folder as that version left it when the power went. */
async function dataOf(version: string): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "tillbridge-upgrade-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await cp(join(kept, version, "data"), dataDir, { recursive: true });
  return dataDir;
}

async function paymentsOf(version: string): Promise<Payment[]> {
  const text = await readFile(join(kept, version, "payments.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Payment);
}

function open(dataDir: string) {
  const world = { ...realWorld(), now: () => Date.parse("2027-01-01T00:00:00Z") };
  return openJournal({ dataDir, world, version: "9.9.9" });
}

async function verified(dataDir: string): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await journalCommand(["verify"], { dataDir, print: (line) => void lines.push(line) });
  return { code, lines };
}

test("a journal is kept of each kind of thing that can happen to a payment", () => {
  const told = new Set(Object.values(scenarios("2026")).flatMap((events) => events.map(({ type }) => type)));
  const possible = new Set(Object.values(machine).flatMap((row) => Object.keys(row)));
  expect([...possible].filter((type) => !told.has(type as never))).toEqual([]);
});

describe.each(versions)("the journal of %s", (version) => {
  test("opens, with every payment as it was", async () => {
    const journal = await open(await dataOf(version));
    expect(journal.health().state).toBe("ok");
    for (const payment of await paymentsOf(version)) {
      const happened = await journal.payments.events(payment.order.paymentId);
      expect(fold(happened ?? []), payment.order.paymentId).toMatchObject(payment);
    }
    await journal.close();
  });

  test("gives back what is open, and finds by receipt number what is years old", async () => {
    const payments = await paymentsOf(version);
    const journal = await open(await dataOf(version));
    const wanted = payments.filter(isOpen).map(({ order }) => order.paymentId);
    expect((await journal.payments.open()).toSorted()).toEqual(wanted.toSorted());
    for (const { order, receiptNumber } of payments.filter((payment) => payment.receiptNumber !== undefined))
      expect((await journal.payments.list({ receiptNumber: receiptNumber ?? "", limit: 2 })).paymentIds).toEqual([
        order.paymentId,
      ]);
    await journal.close();
  });

  test("is written on, and its chain holds from the first row to the last", async () => {
    const dataDir = await dataOf(version);
    const journal = await open(dataDir);
    await journal.payments.append("payment-new", [started("payment-new")], rowOf("payment-new"));
    expect((await journal.till.events()).map(({ type }) => type)).toContain("paymentMethodSet");
    expect(await journal.checkIns.recent(1)).toHaveLength(1);
    await journal.close();
    expect(await verified(dataDir)).toMatchObject({ code: 0 });
  });
});
