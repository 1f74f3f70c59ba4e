import { type Archive, archivedFact, archivesIn, archivesOf, baseOf, staysSql } from "./archives.ts";
import { copyRows, writeBatch } from "./batch.ts";
import { type ChainedRow, chained, chainHash, entryOf, journalSubject, type Tail } from "./chain.ts";
import { chainedRow, openForReading, rowColumns } from "./journal-file.ts";
import { indexEntry } from "./payment-events.ts";
import { Sources } from "./sources.ts";
import { type Connection, integerOf, type Row, textOf } from "./sqlite.ts";

/** What was saved of a damaged journal. `incomplete`: payments of which events are missing, at most `incompleteMax` of them. */
export interface Salvaged {
  readonly rows: number;
  readonly payments: number;
  readonly incomplete: readonly string[];
}

const rowsPerCopy = 2000;
const paymentsPerRead = 500;
const incompleteMax = 50;

interface Wish {
  readonly database: string;
  readonly archiveFolder: string;
  /** Empty. */
  readonly target: Connection;
  /** Wall clock, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Copies what can still be read of a damaged journal into an empty one: from its beginning up to the damage, and from behind
 * the damage to its end. Rows keep their number, time and text; the chain is made anew, from the end of the archives on. The index
 * is made from the events, archived ones too.
 */
export async function salvage({ database, archiveFolder, target, at }: Wish): Promise<Salvaged> {
  const archives = await archivesIn(archiveFolder);
  const saved = await copyAll(database, target, baseOf(archives));
  await nameArchives(target, archives, saved.tail, at);
  return { rows: saved.rows, ...(await makeIndex(await Sources.of(target, archiveFolder, archives), target)) };
}

async function copyAll(database: string, target: Connection, base: Tail): Promise<Progress> {
  const none = { tail: base, rows: 0, next: base.seq + 1 };
  const source = await openForReading(database).catch(() => undefined);
  if (source === undefined) return none;
  try {
    await copyStaying(source, target, base);
    const lower = await copyUpwards(source, target, none);
    const behind = await lowestBehind(source, lower.next);
    return behind === undefined ? lower : await copyUpwards(source, target, { ...lower, next: behind });
  } finally {
    await source.close().catch(() => undefined);
  }
}

/** Rows that stand in an archive too. When they cannot be read the archive still has them. */
async function copyStaying(source: Connection, target: Connection, base: Tail): Promise<void> {
  const sql = `SELECT ${rowColumns} FROM events WHERE seq <= ? AND ${staysSql} ORDER BY seq`;
  const rows = await source.all(sql, base.seq).catch(() => []);
  await copyRows(target, rows.flatMap(readable));
}

/** Archives that the damaged journal did not name any more, or not yet. */
async function nameArchives(target: Connection, archives: readonly Archive[], end: Tail, at: number): Promise<void> {
  const named = new Set((await archivesOf(target)).map(({ file }) => file));
  let tail = end;
  for (const archive of archives.filter(({ file }) => !named.has(file))) {
    const row = chained(tail, tail.seq + 1, at, entryOf(journalSubject, archivedFact(archive)));
    await copyRows(target, [row]);
    tail = row;
  }
}

interface Progress {
  readonly tail: Tail;
  readonly rows: number;
  /** `seq` from which to read on. */
  readonly next: number;
}

/** Copies from `next` on until the end or until nothing more can be read. */
async function copyUpwards(source: Connection, target: Connection, from: Progress): Promise<Progress> {
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
  target: Connection,
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
async function lowestBehind(source: Connection, next: number): Promise<number | undefined> {
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

/** Payments in the order in which they first appear. What does not add up to a payment stays in the journal, unindexed. */
async function makeIndex(sources: Sources, target: Connection): Promise<Omit<Salvaged, "rows">> {
  const incomplete: string[] = [];
  let payments = 0;
  try {
    for (const file of sources.files)
      for await (const ids of startedIn(file)) {
        const events = await sources.events(ids);
        const entries = ids.map((id) => indexEntry(id, events.get(id)));
        const whole = entries.filter((entry) => entry !== undefined);
        await writeBatch(target, [], whole);
        incomplete.push(...ids.filter((_id, index) => entries[index] === undefined));
        payments += whole.length;
      }
  } finally {
    await sources.closeArchives();
  }
  return { payments, incomplete: incomplete.slice(0, incompleteMax) };
}

async function* startedIn(file: Connection): AsyncIterable<readonly string[]> {
  const sql = "SELECT seq, subject FROM events WHERE type = 'started' AND seq > ? ORDER BY seq LIMIT ?";
  let last = -1;
  for (;;) {
    const started = await file.all(sql, last, paymentsPerRead);
    yield [...new Set(started.map((row) => textOf(row, "subject")))];
    if (started.length < paymentsPerRead) return;
    last = integerOf(started.at(-1), "seq");
  }
}
