import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Anchor, readAnchor } from "./anchor.ts";
import { allowBatches } from "./batch.ts";
import { chainHash, type ChainedRow, chainStart, type Tail } from "./chain.ts";
import { makeDurable, syncFolder } from "./durability.ts";
import { applicationId, checkVersion, migrate } from "./migrations.ts";
import { chainedRow, rowColumns } from "./rows.ts";
import { type Connection, connect, integerOf, SqliteFailure } from "./sqlite.ts";

/** Where a journal keeps its files. The folder holds the database alone, so that it can be put aside by one rename. */
export interface JournalPaths {
  readonly dataDir: string;
  readonly folder: string;
  readonly database: string;
  readonly anchor: string;
  /** There while the database is known to be damaged somewhere: the next start must check all of it. */
  readonly damageMark: string;
}

export function journalPaths(dataDir: string): JournalPaths {
  const files = journalFiles(join(dataDir, "journal"));
  return {
    dataDir,
    ...files,
    anchor: join(dataDir, "journal.anchor"),
    damageMark: join(dataDir, "journal.damaged"),
  };
}

export function journalFiles(folder: string): Pick<JournalPaths, "folder" | "database"> {
  return { folder, database: join(folder, "journal.db") };
}

/** A journal open for writing: up to date, synced at every commit, its end checked. */
export interface OpenFile {
  readonly connection: Connection;
  readonly tail: Tail;
  readonly anchor: Anchor | undefined;
  /** First row of the checked end that does not fit the row before it, unless an earlier life has already said so. */
  readonly brokenAt: number | undefined;
}

/** How many of the last rows are checked at every open; `journal verify` checks all. */
const checkedRows = 100;

/** Rejects with `JournalNewer`, or with a failure whose code says what is wrong. Never changes a file that it does not know. */
export async function openForWriting(paths: JournalPaths): Promise<OpenFile> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  const connection = await connect(paths.database, "create");
  try {
    await checkOurs(connection);
    await makeDurable(connection);
    await migrate(connection);
    await allowBatches(connection);
    await syncFolder(paths.folder);
    await syncFolder(paths.dataDir);
    const rows = await lastRows(connection);
    return {
      connection,
      tail: rows.at(-1) ?? chainStart,
      anchor: await readAnchor(paths.anchor),
      brokenAt: firstBroken(rows),
    };
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** Undefined when there is no journal yet. */
export async function openForReading(database: string): Promise<Connection | undefined> {
  return openAs(database, "read");
}

/**
 * For a full or read-only disk: SQLite makes a small file to read a journal beside a writer, which it then cannot. Right only
 * while nobody writes. `none`: no journal yet.
 */
export async function openFrozen(database: string): Promise<Connection | "none"> {
  const log = await stat(`${database}-wal`).catch(() => undefined);
  const isLogEmpty = log === undefined || log.size === 0;
  return (await (isLogEmpty ? openAs(database, "frozen") : openAlone(database))) ?? "none";
}

/**
 * A daemon that was killed leaves its last commits in the write-ahead log. Whoever has the file alone keeps the small file's content
 * in memory; closing moves the log into the database where there is room, and changes nothing where there is none.
 */
async function openAlone(database: string): Promise<Connection | undefined> {
  const connection = await connect(database, "write");
  try {
    await connection.all("PRAGMA locking_mode = EXCLUSIVE");
    await makeDurable(connection);
    if ((await checkVersion(connection)) > 0) return connection;
    await connection.close();
    return undefined;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

async function openAs(database: string, mode: "read" | "frozen"): Promise<Connection | undefined> {
  const there = await stat(database).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const connection = await connect(database, mode);
  try {
    if ((await checkVersion(connection)) > 0) return connection;
    await connection.close();
    return undefined;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

async function checkOurs(connection: Connection): Promise<void> {
  const version = await checkVersion(connection);
  const [mark] = await connection.all("PRAGMA application_id");
  const [tables] = await connection.all("SELECT count(*) AS count FROM sqlite_schema");
  const empty = version === 0 && integerOf(tables, "count") === 0;
  if (!empty && integerOf(mark, "application_id") !== applicationId)
    throw new SqliteFailure("SQLITE_NOTADB", "not a journal");
}

async function lastRows(connection: Connection): Promise<readonly ChainedRow[]> {
  const sql = `SELECT ${rowColumns} FROM events ORDER BY seq DESC LIMIT ?`;
  const rows = await connection.all(sql, checkedRows);
  return rows.map(chainedRow).toReversed();
}

function firstBroken(rows: readonly ChainedRow[]): number | undefined {
  const told = new Set(rows.filter((row) => row.type === "chainBroken").map(brokenRowOf));
  return rows.find((row, index) => !fits(row, rows[index - 1]) && !told.has(row.seq))?.seq;
}

function fits(row: ChainedRow, before: ChainedRow | undefined): boolean {
  if (before === undefined) return row.previous !== chainStart.seq || row.hash === chainHash(chainStart.hash, row);
  return row.previous === before.seq && row.hash === chainHash(before.hash, row);
}

/** The row that a `chainBroken` event is about. */
export function brokenRowOf(row: ChainedRow): number | undefined {
  const body: unknown = JSON.parse(row.body);
  return typeof body === "object" && body !== null && "row" in body && typeof body.row === "number"
    ? body.row
    : undefined;
}
