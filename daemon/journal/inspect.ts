import { open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fold } from "../payments/payment/fold.ts";
import type { Payment, RecordedEvent } from "../payments/payment/payment.ts";
import { readAnchor } from "./rows/anchor.ts";
import { type ChainedRow, otherSubjects } from "./rows/chain.ts";
import { eventsOf } from "./rows/payment-rows.ts";
import { rowsIn } from "./rows/rows.ts";
import { type Row, type SqliteConnection, textOf } from "./sqlite/connection.ts";
import { syncFile, syncFolder } from "./sqlite/durability.ts";
import { isDamage } from "./sqlite/failure.ts";
import { openForReading, openImmutable } from "./sqlite/open-for-reading.ts";
import { journalPaths } from "./sqlite/paths.ts";
import { listSql, queries } from "./stores/payment-store.ts";
import { type Verification, verify } from "./verify/verify.ts";

export type { ChainedRow } from "./rows/chain.ts";
export { describe } from "./sqlite/failure.ts";
export type { ChainVerdict } from "./verify/chain-check.ts";
export { isSound, type Verification } from "./verify/verify.ts";

/** Reads a journal from outside the daemon, whether or not one is running. Changes nothing. */
export interface Inspection {
  /** All rows in order, or those about one subject. */
  rows(subject?: string): AsyncIterable<ChainedRow>;
  /** The payment as its events make it; undefined when there is none. */
  payment(paymentId: string): Promise<Payment | undefined>;
  /** What happened to the payment, in order; undefined when there is none. */
  past(paymentId: string): Promise<readonly RecordedEvent[] | undefined>;
  /** Ids of the payments to which something happened in this span (milliseconds since 1970), in the order of the journal. */
  touched(from: number, to: number): Promise<readonly string[]>;
  /** Ids of the payments that are not over, or have a refund under way. */
  open(): Promise<readonly string[]>;
  /** Ids of the newest payments, newest first. */
  newest(limit: number): Promise<readonly string[]>;
  /** Ids of all payments with this id, reference, refund id or receipt number, the newest receipt first. */
  find(text: string): Promise<readonly string[]>;
  /** Rejects when the database itself is damaged. */
  verify(): Promise<Verification>;
  /** Writes a consistent copy, whole or not at all, and syncs it. Throws when `file` exists. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Years of a POS that numbers its receipts anew each day. */
const sameReceiptMax = 1000;

/** `folder`: of a journal that was put aside. Undefined when there is none. Throws `JournalNewer`, or a failure with a code. */
export async function inspectJournal(dataDir: string, folder?: string): Promise<Inspection | undefined> {
  const paths = journalPaths(dataDir);
  const database = folder === undefined ? paths.database : join(dataDir, folder, "journal.db");
  // Before the first row is read: the anchor moves on while the daemon runs.
  const anchor = folder === undefined ? await readAnchor(paths.anchor) : undefined;
  const connection = await openToInspect(database);
  if (connection === undefined) return undefined;
  return {
    rows: (subject) => rowsIn(connection, subject),
    payment: (paymentId) => payment(connection, paymentId),
    past: async (paymentId) => (await eventsOf(connection, [paymentId])).get(paymentId),
    touched: (from, to) => touched(connection, from, to),
    open: async () => (await connection.all(queries.open)).map((row) => textOf(row, "payment_id")),
    newest: (limit) => newest(connection, limit),
    find: (text) => find(connection, text),
    verify: () => verify(connection, anchor),
    backup: (file) => backup(connection, resolve(file)),
    close: () => connection.close(),
  };
}

/** On a read-only disk only a journal that is closed can be read. */
async function openToInspect(database: string): Promise<SqliteConnection | undefined> {
  try {
    return await openForReading(database);
  } catch (error) {
    const immutable = isDamage(error) ? undefined : await openImmutable(database).catch(() => undefined);
    if (immutable === undefined) throw error;
    return immutable === "none" ? undefined : immutable;
  }
}

async function payment(connection: SqliteConnection, paymentId: string): Promise<Payment | undefined> {
  const events = (await eventsOf(connection, [paymentId])).get(paymentId);
  return events && fold(events);
}

/** Reads all rows: times stand in no order that could be relied on. */
async function touched(connection: SqliteConnection, from: number, to: number): Promise<readonly string[]> {
  const sql = `SELECT subject FROM events WHERE at BETWEEN ? AND ?
    AND subject NOT IN (SELECT value FROM json_each(?)) GROUP BY subject ORDER BY min(seq)`;
  const rows = await connection.all(sql, from, to, JSON.stringify(otherSubjects));
  return rows.map((row) => textOf(row, "subject"));
}

async function newest(connection: SqliteConnection, limit: number): Promise<readonly string[]> {
  const rows = await connection.all("SELECT payment_id FROM payments ORDER BY number DESC LIMIT ?", limit);
  return rows.map((row) => textOf(row, "payment_id"));
}

/** A receipt number may be several purchases': the numbering of a POS begins again. */
async function find(connection: SqliteConnection, text: string): Promise<readonly string[]> {
  const found: Row[] = [];
  for (const sql of [queries.byId, queries.byReference, queries.byRefund])
    found.push(...(await connection.all(sql, text)));
  const byReceipt = { receiptNumber: text, limit: sameReceiptMax };
  found.push(...(await connection.all(listSql(byReceipt), text, sameReceiptMax)));
  return [...new Set(found.map((row) => textOf(row, "payment_id")))];
}

async function backup(connection: SqliteConnection, file: string): Promise<void> {
  const reserved = await open(file, "wx", 0o600);
  await reserved.close();
  const part = `${file}.part`;
  try {
    await rm(part, { force: true });
    await connection.run("VACUUM INTO ?", part);
    await syncFile(part);
    await rename(part, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await Promise.all([part, file].map((name) => rm(name, { force: true })));
    throw error;
  }
}
