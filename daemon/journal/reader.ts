import type { Logger } from "../logger.ts";
import { codeOf, journalFailed } from "./health.ts";
import { type JournalPaths, openForReading } from "./journal-file.ts";
import type { Bindable, Connection, Row } from "./sqlite.ts";

/**
 * The connection that reads, apart from the one that writes: reading neither waits for a sync nor fails with it. It stays
 * open while the writer's is opened again, which also keeps a half-written commit from being taken for a whole one.
 */
export class Reader {
  readonly #paths: JournalPaths;
  readonly #log: Logger;
  #connection: Promise<Connection | undefined> | undefined;

  constructor(paths: JournalPaths, log: Logger) {
    this.#paths = paths;
    this.#log = log;
  }

  /** Rows, or none while there is no journal. Rejects with `JOURNAL_FAILED` when the file cannot be read. */
  async all(sql: string, ...values: readonly Bindable[]): Promise<readonly Row[]> {
    try {
      this.#connection ??= openForReading(this.#paths);
      const connection = await this.#connection;
      if (connection !== undefined) return await connection.all(sql, ...values);
      this.#connection = undefined;
      return [];
    } catch (error) {
      this.#log.error("the journal could not be read", { code: codeOf(error) });
      await this.close();
      throw journalFailed(error);
    }
  }

  /** Opens ahead of the first use. A failure shows at that use. */
  async open(): Promise<void> {
    this.#connection ??= openForReading(this.#paths);
    if ((await this.#connection.catch(() => undefined)) === undefined) this.#connection = undefined;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await (await connection?.catch(() => undefined))?.close().catch(() => undefined);
  }
}
