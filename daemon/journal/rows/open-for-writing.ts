import { mkdir } from "node:fs/promises";
import { connect, type SqliteConnection, integerOf, SqliteFailure } from "../sqlite/connection.ts";
import { makeDurable, syncFolder } from "../sqlite/durability.ts";
import { applicationId, checkVersion, migrate } from "../sqlite/migrations.ts";
import type { JournalPaths } from "../sqlite/paths.ts";
import { type Anchor, readAnchor } from "./anchor.ts";
import { allowBatches } from "./batch.ts";
import { chainStart, type Tail } from "./chain.ts";
import { firstBroken, lastRows } from "./end-check.ts";

/** A journal open for writing: up to date, synced at every commit, its end checked. */
export interface OpenFile {
  readonly connection: SqliteConnection;
  readonly tail: Tail;
  readonly anchor: Anchor | undefined;
  /** First row of the checked end that does not fit the row before it, unless an earlier life has already said so. */
  readonly brokenAt: number | undefined;
}

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

async function checkOurs(connection: SqliteConnection): Promise<void> {
  const version = await checkVersion(connection);
  const [mark] = await connection.all("PRAGMA application_id");
  const [tables] = await connection.all("SELECT count(*) AS count FROM sqlite_schema");
  const empty = version === 0 && integerOf(tables, "count") === 0;
  if (!empty && integerOf(mark, "application_id") !== applicationId)
    throw new SqliteFailure("SQLITE_NOTADB", "not a journal");
}
