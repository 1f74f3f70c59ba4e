import { mkdir, rename, rm, stat } from "node:fs/promises";
import { freeName } from "./aside.ts";
import { type IndexEntry, writeBatch } from "./batch.ts";
import { type ChainedRow, otherSubjects, sameTail, type Tail } from "./chain.ts";
import { syncFile, syncFolder } from "./durability.ts";
import { type JournalPaths, openForWriting } from "./journal-file.ts";
import { eventsOf, indexEntry } from "./payment-events.ts";
import { finishReplacing, freshPaths } from "./replace.ts";
import { chainedRow, rowColumns } from "./rows.ts";
import { type Connection, integerOf, textOf } from "./sqlite.ts";

const rowsPerCommit = 500;

/** Whether a chain that ends at `tail` is the beginning of this journal. */
export async function beginsWith(journal: Connection, tail: Tail): Promise<boolean> {
  if (tail.seq === 0) return true;
  const [row] = await journal.all("SELECT seq, lower(hex(hash)) AS hash FROM events WHERE seq = ?", tail.seq);
  return row !== undefined && sameTail({ seq: integerOf(row, "seq"), hash: textOf(row, "hash") }, tail);
}

/** How many rows follow `tail`, counted up to `most`. */
export async function rowsBehind(journal: Connection, tail: Tail, most: number): Promise<number> {
  const sql = "SELECT count(*) AS count FROM (SELECT 1 FROM events WHERE seq > ? LIMIT ?)";
  const [row] = await journal.all(sql, tail.seq, most);
  return integerOf(row, "count");
}

/** Adds what follows `tail` to the journal that ends there. */
export async function giveRest(source: Connection, to: JournalPaths, tail: Tail): Promise<void> {
  const { connection } = await openForWriting(to);
  try {
    await copyRest(source, connection, tail);
  } finally {
    await connection.close();
  }
}

/** Adds what follows `tail` in one journal to another that ends there. Losing power on the way leaves its beginning: go on from there. */
export async function copyRest(source: Connection, target: Connection, tail: Tail): Promise<Tail> {
  const sql = `SELECT ${rowColumns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`;
  let end = tail;
  for (;;) {
    const rows = (await source.all(sql, end.seq, rowsPerCommit)).map(chainedRow);
    if (rows.length === 0) return end;
    await writeBatch(target, rows, await indexOf(rows, source, target));
    end = rows.at(-1) ?? end;
  }
}

/** How the payments of these rows are found, as they are by now. */
async function indexOf(rows: readonly ChainedRow[], source: Connection, target: Connection): Promise<IndexEntry[]> {
  const ids = [...new Set(rows.map(({ subject }) => subject))].filter((subject) => !otherSubjects.includes(subject));
  const events = await eventsOf(source, ids);
  const known = await refundsKnown(ids, target);
  return ids
    .map((id) => indexEntry(id, events.get(id)))
    .filter((entry) => entry !== undefined)
    .map((entry) => ({ ...entry, refundIds: entry.refundIds.filter((id) => !known.has(id)) }));
}

async function refundsKnown(paymentIds: readonly string[], target: Connection): Promise<ReadonlySet<string>> {
  const sql = "SELECT refund_id FROM refunds WHERE payment_id IN (SELECT value FROM json_each(?))";
  return new Set((await target.all(sql, JSON.stringify(paymentIds))).map((row) => textOf(row, "refund_id")));
}

/**
 * Puts a copy of a whole journal in the place of another, whose files are kept aside. It takes the place in one step: losing
 * power on the way leaves either none or all of it.
 */
export async function copyWhole(source: Connection, to: JournalPaths, at: number): Promise<string | undefined> {
  const fresh = freshPaths(to);
  await rm(fresh.folder, { recursive: true, force: true });
  await mkdir(fresh.folder, { recursive: true, mode: 0o700 });
  const part = `${fresh.database}.part`;
  await source.run("VACUUM INTO ?", part);
  await syncFile(part);
  const aside = await putAside(to, at);
  await rename(part, fresh.database);
  await syncFolder(fresh.folder);
  await finishReplacing(to);
  return aside;
}

/** The name of the folder that a journal is in now, or undefined when there was none. */
export async function putAside(paths: JournalPaths, at: number): Promise<string | undefined> {
  const isThere = await stat(paths.folder).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const aside = await freeName(paths, at);
  await rename(paths.folder, aside);
  await syncFolder(paths.dataDir);
  return aside;
}
