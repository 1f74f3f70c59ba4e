import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { writeBatch } from "../../daemon/journal/rows/batch.ts";
import { chained, entryOf, type Tail, tillSubject } from "../../daemon/journal/rows/chain.ts";
import { openForWriting } from "../../daemon/journal/rows/open-for-writing.ts";
import { connect } from "../../daemon/journal/sqlite/connection.ts";
import { journalPaths } from "../../daemon/journal/sqlite/paths.ts";
import { Till } from "../support/till.ts";

// An update that is taken back: the version before finds data that a later one has written, and goes on with it.

let till: Till | undefined;

afterEach(async () => {
  await till?.close();
  till = undefined;
});

const other = (number: number) => ({
  paymentId: `payment-${number}`,
  sale: { saleId: `sale-${number}`, total: { currency: "DKK" as const, value: 4990 } },
});

async function rowsOfLaterVersion(dataDir: string): Promise<void> {
  const { connection, tail } = await openForWriting(journalPaths(dataDir));
  let end: Tail = tail;
  const entries = [
    entryOf(tillSubject, { type: "themeSet" }),
    entryOf("payment-2", { type: "tipped" }),
    entryOf("loyalty", { type: "cardRead" }),
  ];
  const rows = entries.map((entry, at) => {
    const row = chained(end, tail.seq + 1 + at, Date.now(), entry);
    end = row;
    return row;
  });
  await writeBatch(connection, rows, []);
  await connection.close();
}

/** `needed`: how many steps a program must know to go on with it. */
async function formatOfLaterVersion(dataDir: string, needed: number): Promise<void> {
  const connection = await connect(journalPaths(dataDir).database, "write");
  await connection.script("ALTER TABLE events ADD COLUMN shift TEXT; ALTER TABLE payments ADD COLUMN tip INTEGER");
  await connection.script(`CREATE TABLE loyalty(card TEXT) STRICT; PRAGMA user_version = ${needed * 65_536 + 2}`);
  await connection.close();
}

async function accessOfLaterVersion(dataDir: string): Promise<void> {
  const file = join(dataDir, "access.json");
  const record = JSON.parse(await readFile(file, "utf8")) as { clients: object[] };
  const clients = record.clients.map((client) => ({
    ...client,
    rights: ["read", "sell", "refund", "decide", "lend"],
    shift: 2,
  }));
  await writeFile(file, JSON.stringify({ ...record, clients, shifts: [1, 2] }));
}

test("a till starts, sells, refunds and follows on the data of a later version; what it cannot read it says", async () => {
  till = await Till.open({ runs: "here" });
  const open = till;
  await open.sell();
  await open.start(other(2));
  await open.untilPayment("waitingForApproval", "payment-2");
  await open.stop();
  await rowsOfLaterVersion(open.dataDir);
  await formatOfLaterVersion(open.dataDir, 1);
  await accessOfLaterVersion(open.dataDir);
  await open.powerOn();
  const { items } = await open.call("recovery.list", {});
  expect(items).toMatchObject([{ paymentId: "payment-2", situation: "unreadable" }]);
  await open.sell(other(4), "receipt-4");
  expect(await open.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "completed" });
  const refund = { refundId: "refund-1", paymentId: "payment-1", amount: { currency: "DKK" as const, value: 100 } };
  await open.call("refund.start", refund);
  await open.until("refund.changed", ({ refund: { state } }) => state === "refunded");
  await open.stop();
  await open.powerOn();
  expect(await open.call("payment.get", { paymentId: "payment-4" })).toMatchObject({ state: "completed" });
  expect(JSON.parse(await readFile(join(open.dataDir, "access.json"), "utf8"))).toMatchObject({ shifts: [1, 2] });
});

test("a later version that changed what an earlier one goes by is left alone, in words", async () => {
  till = await Till.open({ runs: "here" });
  await till.stop();
  await formatOfLaterVersion(till.dataDir, 2);
  await expect(till.powerOn()).rejects.toThrow("newer Tillbridge");
  await formatBefore(till.dataDir);
  await till.powerOn();
});

async function formatBefore(dataDir: string): Promise<void> {
  const connection = await connect(journalPaths(dataDir).database, "write");
  await connection.script("PRAGMA user_version = 1");
  await connection.close();
}
