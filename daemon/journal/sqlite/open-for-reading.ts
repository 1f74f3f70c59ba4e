import { stat } from "node:fs/promises";
import { exists } from "../../exists.ts";
import { connect, type SqliteConnection } from "./connection.ts";
import { makeDurable } from "./durability.ts";
import { checkVersion } from "./migrations.ts";

/** Undefined when there is no journal yet. */
export async function openForReading(database: string): Promise<SqliteConnection | undefined> {
  return openAs(database, "read");
}

/**
 * For a full or read-only disk: SQLite makes a small file to read a journal beside a writer, which it then cannot. Right only
 * while no process writes. `none`: no journal yet.
 */
export async function openImmutable(database: string): Promise<SqliteConnection | "none"> {
  const log = await stat(`${database}-wal`).catch(() => undefined);
  const isLogEmpty = log === undefined || log.size === 0;
  return (await (isLogEmpty ? openAs(database, "immutable") : openExclusive(database))) ?? "none";
}

/**
 * A daemon that was killed leaves its last commits in the write-ahead log. A process that has the file alone keeps the small file's content
 * in memory; closing moves the log into the database where there is room, and changes nothing where there is none.
 */
async function openExclusive(database: string): Promise<SqliteConnection | undefined> {
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

async function openAs(database: string, mode: "read" | "immutable"): Promise<SqliteConnection | undefined> {
  if (!(await exists(database))) return undefined;
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
