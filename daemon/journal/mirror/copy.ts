import { mkdir, rename, rm } from "node:fs/promises";
import { quarantine } from "../repair/quarantine.ts";
import { finishReplacing, freshPaths } from "../repair/replace.ts";
import { type IndexEntry, writeBatch } from "../rows/batch.ts";
import { type ChainedRow, otherSubjects, sameTail, type Tail } from "../rows/chain.ts";
import { openForWriting } from "../rows/open-for-writing.ts";
import { eventsOf, indexEntry } from "../rows/payment-rows.ts";
import { chainedRow, rowColumns } from "../rows/rows.ts";
import { type SqliteConnection, integerOf, textOf } from "../sqlite/connection.ts";
import { syncFile, syncFolder } from "../sqlite/durability.ts";
import { JournalFailure } from "../sqlite/failure.ts";
import { openForReading } from "../sqlite/open-for-reading.ts";
import type { JournalPaths } from "../sqlite/paths.ts";

const rowsPerCommit = 500;

/** Whether a chain that ends at `tail` is the beginning of this journal. */
export async function isPrefix(journal: SqliteConnection, tail: Tail): Promise<boolean> {
  if (tail.seq === 0) return true;
  const [row] = await journal.all("SELECT seq, lower(hex(hash)) AS hash FROM events WHERE seq = ?", tail.seq);
  return row !== undefined && sameTail({ seq: integerOf(row, "seq"), hash: textOf(row, "hash") }, tail);
}

/** Rejects with `SECOND_BEHIND` when there is no journal to copy from. */
export async function openSource({ database }: JournalPaths): Promise<SqliteConnection> {
  const connection = await openForReading(database);
  if (connection === undefined) throw new JournalFailure("SECOND_BEHIND");
  return connection;
}

/** How many rows follow `tail`, counted up to `most`. */
export async function countRowsAfter(journal: SqliteConnection, tail: Tail, most: number): Promise<number> {
  const sql = "SELECT count(*) AS count FROM (SELECT 1 FROM events WHERE seq > ? LIMIT ?)";
  const [row] = await journal.all(sql, tail.seq, most);
  return integerOf(row, "count");
}

/** Adds what follows `tail` to the journal that ends there. */
export async function appendMissingTo(source: SqliteConnection, to: JournalPaths, tail: Tail): Promise<void> {
  const { connection } = await openForWriting(to);
  try {
    await appendMissing(source, connection, tail);
  } finally {
    await connection.close();
  }
}

/** Adds what follows `tail` in one journal to another that ends there. Losing power on the way leaves its beginning: go on from there. */
export async function appendMissing(source: SqliteConnection, target: SqliteConnection, tail: Tail): Promise<void> {
  const sql = `SELECT ${rowColumns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`;
  let end = tail;
  for (;;) {
    const rows = (await source.all(sql, end.seq, rowsPerCommit)).map(chainedRow);
    const last = rows.at(-1);
    if (last === undefined) return;
    await writeBatch(target, rows, await indexOf(rows, source, target));
    end = last;
  }
}

/** How the payments of these rows are found, as they are by now. */
async function indexOf(
  rows: readonly ChainedRow[],
  source: SqliteConnection,
  target: SqliteConnection,
): Promise<IndexEntry[]> {
  const ids = [...new Set(rows.map(({ subject }) => subject))].filter((subject) => !otherSubjects.includes(subject));
  const events = await eventsOf(source, ids);
  const known = await refundsKnown(ids, target);
  return ids
    .map((id) => indexEntry(id, events.get(id)))
    .filter((entry) => entry !== undefined)
    .map((entry) => ({ ...entry, refundIds: entry.refundIds.filter((id) => !known.has(id)) }));
}

async function refundsKnown(paymentIds: readonly string[], target: SqliteConnection): Promise<ReadonlySet<string>> {
  const sql = "SELECT refund_id FROM refunds WHERE payment_id IN (SELECT value FROM json_each(?))";
  return new Set((await target.all(sql, JSON.stringify(paymentIds))).map((row) => textOf(row, "refund_id")));
}

/**
 * Puts a copy of a whole journal in the place of another, whose files are kept aside. It takes the place in one step: losing
 * power on the way leaves either none or all of it.
 */
export async function copyWhole(source: SqliteConnection, to: JournalPaths, at: number): Promise<string | undefined> {
  const fresh = freshPaths(to);
  await rm(fresh.folder, { recursive: true, force: true });
  await mkdir(fresh.folder, { recursive: true, mode: 0o700 });
  const part = `${fresh.database}.part`;
  await source.run("VACUUM INTO ?", part);
  await syncFile(part);
  const aside = await quarantine(to, at);
  await rename(part, fresh.database);
  await syncFolder(fresh.folder);
  await finishReplacing(to);
  return aside;
}
