import { copyRows, writeBatch } from "../rows/batch.ts";
import { type ChainedRow, chainHash, chainStart, type Tail } from "../rows/chain.ts";
import { eventsOf, indexEntry } from "../rows/payment-rows.ts";
import { chainedRow, rowColumns } from "../rows/rows.ts";
import { indexLost } from "./lost-payments.ts";
import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";
import { openForReading } from "../sqlite/open-for-reading.ts";

/** What was saved of a damaged journal. `incomplete`: payments of which events are missing, at most `incompleteMax` of them. */
export interface Salvaged {
  readonly rows: number;
  readonly payments: number;
  readonly incomplete: readonly string[];
}

const rowsPerCopy = 2000;
const paymentsPerRead = 500;
/** A person looks at the first few; the others are not named. */
const incompleteMax = 50;

/**
 * Copies what can still be read of a damaged journal into an empty one: from its beginning up to the damage, and from behind
 * the damage to its end. Rows keep their number, time and text; the chain and the index are made anew.
 */
export async function salvage(database: string, target: SqliteConnection): Promise<Salvaged> {
  const { rows } = await copyAll(database, target);
  const index = await makeIndex(target);
  await indexLost(database, target);
  return { rows, ...index };
}

async function copyAll(database: string, target: SqliteConnection): Promise<Progress> {
  const none = { tail: chainStart, rows: 0, next: chainStart.seq + 1 };
  const source = await openForReading(database).catch(() => undefined);
  if (source === undefined) return none;
  try {
    const lower = await copyUpwards(source, target, none);
    const behind = await firstReadableAfter(source, lower.next);
    return behind === undefined ? lower : await copyUpwards(source, target, { ...lower, next: behind });
  } finally {
    await source.close().catch(() => undefined);
  }
}

interface Progress {
  readonly tail: Tail;
  readonly rows: number;
  /** `seq` from which to read on. */
  readonly next: number;
}

/** Copies from `next` on until the end or until nothing more can be read. */
async function copyUpwards(source: SqliteConnection, target: SqliteConnection, from: Progress): Promise<Progress> {
  const sql = `SELECT ${rowColumns} FROM events WHERE seq >= ? ORDER BY seq LIMIT ?`;
  let progress = from;
  let limit = rowsPerCopy;
  for (;;) {
    const found = await source.all(sql, progress.next, limit).catch(() => undefined);
    // Row by row up to the damage itself.
    if (found === undefined && limit > 1) limit = 1;
    else if (found === undefined || found.length === 0) return progress;
    else
      progress = {
        ...(await copy(found.flatMap(readable), target, progress)),
        next: integerOf(found.at(-1), "seq") + 1,
      };
  }
}

/** A row that is damaged in itself is left behind; what follows it is not. */
function readable(row: Row): readonly ChainedRow[] {
  try {
    JSON.parse(textOf(row, "body"));
    return [chainedRow(row)];
  } catch {
    return [];
  }
}

async function copy(
  rows: readonly ChainedRow[],
  target: SqliteConnection,
  { tail, rows: count }: Progress,
): Promise<Omit<Progress, "next">> {
  let end = tail;
  const moved = rows.map((row) => {
    const linked = { ...row, previous: end.seq };
    end = { seq: row.seq, hash: chainHash(end.hash, linked) };
    return { ...linked, hash: end.hash };
  });
  await copyRows(target, moved);
  return { tail: end, rows: count + rows.length };
}

/** The first row of the stretch at the end that can be read, when it does not begin at `next`. */
async function firstReadableAfter(source: SqliteConnection, next: number): Promise<number | undefined> {
  const sql = "SELECT seq, length(body) AS length FROM events WHERE seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?";
  let lowest = Number.MAX_SAFE_INTEGER;
  let limit = rowsPerCopy;
  for (;;) {
    const found = await source.all(sql, lowest, next, limit).catch(() => undefined);
    if (found === undefined && limit > 1) limit = 1;
    else if (found === undefined || found.length === 0) return lowest === Number.MAX_SAFE_INTEGER ? undefined : lowest;
    else lowest = integerOf(found.at(-1), "seq");
  }
}

/** Payments in the order in which they first appear. What does not add up to a payment is indexed as lost. */
async function makeIndex(target: SqliteConnection): Promise<Omit<Salvaged, "rows">> {
  const incomplete: string[] = [];
  let payments = 0;
  for await (const ids of startedIn(target)) {
    const events = await eventsOf(target, ids);
    const entries = ids.map((id) => indexEntry(id, events.get(id)));
    const whole = entries.filter((entry) => entry !== undefined);
    await writeBatch(target, [], whole);
    incomplete.push(...ids.filter((_id, index) => entries[index] === undefined));
    payments += whole.length;
  }
  return { payments, incomplete: incomplete.slice(0, incompleteMax) };
}

async function* startedIn(connection: SqliteConnection): AsyncIterable<readonly string[]> {
  const sql = "SELECT seq, subject FROM events WHERE type = 'started' AND seq > ? ORDER BY seq LIMIT ?";
  let last = -1;
  for (;;) {
    const started = await connection.all(sql, last, paymentsPerRead);
    yield [...new Set(started.map((row) => textOf(row, "subject")))];
    if (started.length < paymentsPerRead) return;
    last = integerOf(started.at(-1), "seq");
  }
}
