import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import type { Bindable, SqliteConnection, Row } from "../sqlite/connection.ts";
import { isDamage, journalFailed } from "../sqlite/failure.ts";
import { openForReading, openImmutable } from "../sqlite/open-for-reading.ts";

interface ReaderOptions {
  readonly database: string;
  /** Whether the journal cannot be written now, so that the file stays as it is. */
  readonly immutable: () => boolean;
  /** Reading showed that the file is damaged. */
  readonly onDamage: (error: unknown) => void;
  readonly log: Logger;
}

/**
 * The connection that reads, apart from the one that writes: reading neither waits for a sync nor fails with it. It stays
 * open while the writer's is opened again, which also keeps a half-written commit from being taken for a whole one.
 */
export class Reader {
  readonly #options: ReaderOptions;
  #connection: Promise<SqliteConnection | undefined> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Rows, or none while there is no journal. Rejects with `JOURNAL_FAILED` when the file cannot be read. */
  async all(sql: string, ...values: readonly Bindable[]): Promise<readonly Row[]> {
    try {
      const connection = await this.#open();
      return connection === undefined ? [] : await connection.all(sql, ...values);
    } catch (error) {
      await this.close();
      return this.#allImmutable(error, sql, values);
    }
  }

  /** Opens ahead of the first use. A failure shows at that use. */
  async open(): Promise<void> {
    await this.#open().catch(() => undefined);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await (await connection?.catch(() => undefined))?.close().catch(() => undefined);
  }

  async #open(): Promise<SqliteConnection | undefined> {
    this.#connection ??= openForReading(this.#options.database);
    const connection = await this.#connection;
    if (connection === undefined) this.#connection = undefined;
    return connection;
  }

  /** What is open must be followed on a full disk too. Opened for this one question: the next may find the disk well again. */
  async #allImmutable(cause: unknown, sql: string, values: readonly Bindable[]): Promise<readonly Row[]> {
    const { database, immutable, onDamage, log } = this.#options;
    if (isDamage(cause)) onDamage(cause);
    const connection = immutable() ? await openImmutable(database).catch(() => undefined) : undefined;
    if (connection === "none") return [];
    if (connection !== undefined) {
      try {
        return await connection.all(sql, ...values);
      } catch (error) {
        log.error("the journal could not be read", { code: errorCode(error) });
      } finally {
        await connection.close();
      }
    }
    log.error("the journal could not be read", { code: errorCode(cause) });
    throw journalFailed(cause);
  }
}
