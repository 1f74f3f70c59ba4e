import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../log/logger.ts";
import { type Archive, type Archives, archivedFact, staysSql } from "./archives.ts";
import { entryOf, journalSubject, type Tail } from "./chain.ts";
import { checkPages } from "./damage.ts";
import { syncFile, syncFolder } from "./durability.ts";
import type { JournalPaths } from "./journal-file.ts";
import { migrate } from "./migrations.ts";
import type { Reader } from "./reader.ts";
import { type Connection, connect, integerOf, SqliteFailure, textOf } from "./sqlite.ts";
import type { Writer } from "./writer.ts";

export interface ArchivingOptions {
  /** Wall clock, milliseconds since 1970. Must be right: the caller has compared it with another one. */
  readonly now: number;
  /** Between two pieces of work: resolves when the next may begin, with whether to go on. */
  readonly pause: () => Promise<boolean>;
}

interface Ports {
  readonly paths: JournalPaths;
  readonly archives: Archives;
  readonly reader: Pick<Reader, "all">;
  readonly writer: Pick<Writer, "append" | "prune">;
  readonly log: Logger;
}

const dayMs = 86_400_000;
/** A purchase can be refunded for 365 days; what may still be needed stays in the journal itself. */
const liveDaysMin = 400;
const rowsPerCopy = 20_000;
const rowsPerPrune = 500;

/**
 * Moves whole years that are older than 400 days into a file of their own, which is written, compared and synced before the
 * journal names it, and named before anything is taken out of the journal. Losing power at any point loses nothing: the next
 * call goes on. Returns the new archive, or undefined when there was nothing to move.
 */
export async function archiveOldYears(ports: Ports, options: ArchivingOptions): Promise<Archive | undefined> {
  await prune(ports, options);
  const year = new Date(options.now - liveDaysMin * dayMs).getUTCFullYear();
  const last = await lastRowBefore(Date.UTC(year, 0, 1), ports, options);
  if (last === undefined || !(await options.pause())) return undefined;
  const archive = await write(last, nameOf(year - 1, ports.archives), ports, options);
  if (archive === undefined) return undefined;
  await ports.writer.append({ entries: [entryOf(journalSubject, archivedFact(archive))] });
  ports.archives.set([...ports.archives.all, archive]);
  ports.log.info("old years were moved to an archive", { ...archive });
  await prune(ports, options);
  return archive;
}

/**
 * The last row of the years to move; undefined when there is none, or when something in them is still open. A row from the future
 * was written by a clock that was wrong; a year begins with the first row that the clock of its time put there.
 */
async function lastRowBefore(
  yearBegin: number,
  { reader, archives, log }: Ports,
  { now }: ArchivingOptions,
): Promise<Tail | undefined> {
  const { base } = archives;
  const [recent] = await reader.all(recentSql, base.seq, yearBegin, now);
  const behind = recent === undefined ? Number.MAX_SAFE_INTEGER : integerOf(recent, "seq");
  const [last] = await reader.all(lastSql, base.seq, behind);
  if (last === undefined) return undefined;
  const [open] = await reader.all(openSql, integerOf(last, "seq"));
  if (open === undefined) return { seq: integerOf(last, "seq"), hash: textOf(last, "hash") };
  log.warn("old years are not archived while a payment of them is open", { paymentId: textOf(open, "subject") });
  return undefined;
}

const recentSql = "SELECT seq FROM events WHERE seq > ? AND at BETWEEN ? AND ? ORDER BY seq LIMIT 1";
const lastSql = "SELECT seq, lower(hex(hash)) AS hash FROM events WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT 1";
const openSql =
  "SELECT subject FROM payments JOIN events ON subject = payment_id WHERE open = 1 AND seq <= ? ORDER BY seq LIMIT 1";

function nameOf(year: number, { all }: Archives): string {
  const taken = new Set(all.map(({ file }) => file));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? `${year}.db` : `${year}-${number}.db`;
    if (!taken.has(name)) return name;
  }
}

async function write(last: Tail, file: string, { paths, archives }: Ports, { pause }: ArchivingOptions) {
  const part = join(paths.archive, `${file}.part`);
  await mkdir(paths.archive, { recursive: true, mode: 0o700 });
  await rm(part, { force: true });
  const connection = await connect(part, "create");
  let rows: number | undefined;
  try {
    await prepare(connection, paths.database);
    rows = await copy(connection, { after: archives.base.seq, upTo: last.seq }, pause);
    if (rows !== undefined) await checkPages(connection);
  } finally {
    await connection.close();
  }
  if (rows === undefined) return undefined;
  await chmod(part, 0o400);
  await syncFile(part, "r");
  await rename(part, join(paths.archive, file));
  await syncFolder(paths.archive);
  await syncFolder(paths.dataDir);
  return { file, ...last, rows } satisfies Archive;
}

/** Nothing of it counts before all of it is synced, so that it need not be synced on the way. */
async function prepare(connection: Connection, database: string): Promise<void> {
  await migrate(connection);
  await connection.script("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;");
  await connection.run("ATTACH DATABASE ? AS journal", database);
}

interface Span {
  readonly after: number;
  readonly upTo: number;
}

/** Copies and compares piece by piece. Returns the number of rows, or undefined when it was to stop. */
async function copy(
  connection: Connection,
  { after, upTo }: Span,
  pause: ArchivingOptions["pause"],
): Promise<number | undefined> {
  let rows = 0;
  for (let from = after; from < upTo; ) {
    await connection.run(copySql, from, upTo, rowsPerCopy);
    const [copied] = await connection.all("SELECT max(seq) AS seq, count(*) AS count FROM events WHERE seq > ?", from);
    const to = integerOf(copied, "seq");
    const [wrong] = await connection.all(compareSql, from, to);
    if (integerOf(wrong, "count") > 0) throw new SqliteFailure("SQLITE_CORRUPT", "the copy is not what was copied");
    rows += integerOf(copied, "count");
    from = to;
    if (!(await pause())) return undefined;
  }
  return rows;
}

const copySql = "INSERT INTO events SELECT * FROM journal.events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
/** Rows of the journal that are not in the archive as they are. */
const compareSql = `
  SELECT count(*) AS count FROM journal.events one WHERE one.seq > ? AND one.seq <= ? AND NOT EXISTS(
    SELECT 1 FROM main.events two WHERE two.seq = one.seq AND two.previous = one.previous AND two.at = one.at
    AND two.subject = one.subject AND two.type = one.type AND two.body = one.body AND two.hash = one.hash
  )`;

/** Takes out what is archived, a little at a time, oldest first: a payment whose beginning is still there is all there. */
async function prune({ writer, archives, reader }: Ports, { pause }: ArchivingOptions): Promise<void> {
  const { seq } = archives.base;
  const [left] = await reader.all(leftSql, seq);
  if (left === undefined) return;
  while (await pause()) if ((await writer.prune(pruneSql, seq, rowsPerPrune)) < rowsPerPrune) return;
}

const leftSql = `SELECT seq FROM events WHERE seq <= ? AND NOT ${staysSql} LIMIT 1`;
const pruneSql = `
  DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq <= ? AND NOT ${staysSql} ORDER BY seq LIMIT ?)
  RETURNING seq`;
