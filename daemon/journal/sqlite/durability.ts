import { open } from "node:fs/promises";
import { platform } from "node:os";
import { type SqliteConnection, integerOf, SqliteFailure, textOf } from "./connection.ts";

/**
 * One sync of the write-ahead log per commit. DELETE+FULL can lose the last acknowledged commit with the power, because the
 * deletion of its journal is not synced; WAL+NORMAL does not sync commits at all. `fullfsync` matters on macOS, where a plain
 * sync does not reach the disk.
 */
const settings = `
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
`;
const synchronousFull = 2;

export async function makeDurable(connection: SqliteConnection): Promise<void> {
  await connection.all("PRAGMA journal_mode = WAL");
  await connection.script(settings);
  await checkDurable(connection);
}

/** Reads the settings back: some builds quietly fall to a weaker one at the first write or when a file is opened again. */
export async function checkDurable(connection: SqliteConnection): Promise<void> {
  const [mode] = await connection.all("PRAGMA journal_mode");
  const [synchronous] = await connection.all("PRAGMA synchronous");
  if (textOf(mode, "journal_mode") !== "wal" || integerOf(synchronous, "synchronous") !== synchronousFull) {
    throw new SqliteFailure("NOT_DURABLE", "the database does not sync every commit");
  }
}

/** Makes the names in a folder durable: a new file is lost with the power when only its content was synced. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows keeps names durable by itself and cannot open a folder.
  if (platform() !== "win32") await syncWith(folder, "r");
}

/** `flags`: how the file can be opened. */
export function syncFile(file: string, flags: "r+" | "r" = "r+"): Promise<void> {
  return syncWith(file, flags);
}

async function syncWith(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
