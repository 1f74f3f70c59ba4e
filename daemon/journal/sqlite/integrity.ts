import { type SqliteConnection, SqliteFailure } from "./connection.ts";

/** Rejects with `SQLITE_CORRUPT` when any page or index of the file is damaged. Takes about a second for 100 000 payments. */
export async function checkWhole(connection: SqliteConnection): Promise<void> {
  const [result] = await connection.all("PRAGMA integrity_check(1)");
  if (result?.["integrity_check"] !== "ok") throw new SqliteFailure("SQLITE_CORRUPT", "integrity_check failed");
}

/** The same without comparing tables and indexes: a third of the time. */
export async function checkPages(connection: SqliteConnection): Promise<void> {
  const [result] = await connection.all("PRAGMA quick_check(1)");
  if (result?.["quick_check"] !== "ok") throw new SqliteFailure("SQLITE_CORRUPT", "quick_check failed");
}
