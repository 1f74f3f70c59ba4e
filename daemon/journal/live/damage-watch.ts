import { rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "../../log/logger.ts";
import { syncFolder } from "../sqlite/durability.ts";
import { codeOf } from "../sqlite/failure.ts";
import type { JournalPaths } from "../file/open.ts";
import { type Connection, SqliteFailure } from "../sqlite/connection.ts";

/**
 * Damage in an old part of the file does not show when it is opened. Once it is seen, health says so until a restart, and a
 * mark on disk makes that restart look everywhere.
 */
export class DamageWatch {
  readonly #mark: string;
  readonly #log: Logger;
  readonly #onSeen: () => void;
  #error: unknown;

  constructor({ damageMark }: JournalPaths, log: Logger, onSeen: () => void) {
    this.#mark = damageMark;
    this.#log = log;
    this.#onSeen = onSeen;
  }

  /** The damage that was seen in this life of the daemon, if any. */
  get error(): unknown {
    return this.#error;
  }

  seen(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#log.error("the journal file is damaged", { code: codeOf(error) });
    this.#onSeen();
    void this.#write();
  }

  async #write(): Promise<void> {
    try {
      await writeFile(this.#mark, "", { mode: 0o600 });
      await syncFolder(dirname(this.#mark));
    } catch (error) {
      this.#log.warn("the damage could not be marked", { code: codeOf(error) });
    }
  }
}

/** Checks the whole file if damage was seen in an earlier life. Takes about a second for 100 000 payments. */
export async function checkMarked({ damageMark }: JournalPaths, connection: Connection): Promise<void> {
  const marked = await stat(damageMark).then(
    () => true,
    () => false,
  );
  if (marked) await checkWhole(connection);
}

/** Rejects with `SQLITE_CORRUPT` when any page or index of the file is damaged. */
export async function checkWhole(connection: Connection): Promise<void> {
  const [result] = await connection.all("PRAGMA integrity_check(1)");
  if (result?.["integrity_check"] !== "ok") throw new SqliteFailure("SQLITE_CORRUPT", "integrity_check failed");
}

/** The same without comparing tables and indexes: a third of the time. */
export async function checkPages(connection: Connection): Promise<void> {
  const [result] = await connection.all("PRAGMA quick_check(1)");
  if (result?.["quick_check"] !== "ok") throw new SqliteFailure("SQLITE_CORRUPT", "quick_check failed");
}

export async function clearMark({ damageMark }: JournalPaths): Promise<void> {
  await rm(damageMark, { force: true });
}
