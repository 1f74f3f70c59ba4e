import { pathToFileURL } from "node:url";
import sqlite3 from "sqlite3";
import { SerialQueue } from "../../serial-queue.ts";

/** What may be bound. No BigInt: the driver would store NULL in its place without a word. */
export type Bindable = string | number | null;
export type Row = Readonly<Record<string, string | number | null>>;

/**
 * One connection. Statements run one at a time in the order of the calls. Rejects with `SqliteFailure` only.
 * There is no way to hold a transaction open across calls: two of them on one connection would run into each other.
 */
export interface SqliteConnection {
  run(sql: string, ...values: readonly Bindable[]): Promise<void>;
  all(sql: string, ...values: readonly Bindable[]): Promise<readonly Row[]>;
  /** Several statements without values. */
  script(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** `code` is SQLite's own ("SQLITE_FULL"). The message names tables and SQL: it must not leave the process. */
export class SqliteFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "SqliteFailure";
    this.code = code;
  }
}

const { OPEN_CREATE, OPEN_FULLMUTEX, OPEN_READONLY, OPEN_READWRITE, OPEN_URI } = sqlite3;
/** `immutable` reads a file that no process changes, without the file that readers and writers share. */
const modes = {
  create: OPEN_READWRITE | OPEN_CREATE | OPEN_FULLMUTEX,
  write: OPEN_READWRITE | OPEN_FULLMUTEX,
  read: OPEN_READONLY | OPEN_FULLMUTEX,
  immutable: OPEN_READONLY | OPEN_FULLMUTEX | OPEN_URI,
} as const;
/** The journal has fewer of its own; lists with many filters make more. */
const statementsKeptMax = 64;

export async function connect(file: string, mode: keyof typeof modes, busyMsMax = 5000): Promise<SqliteConnection> {
  const name = mode === "immutable" ? `${pathToFileURL(file).href}?immutable=1` : file;
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opening: sqlite3.Database = new sqlite3.Database(name, modes[mode], (error) =>
      error ? reject(failure(error)) : resolve(opening),
    );
  });
  // Without a listener, an error that belongs to no call would end the process.
  database.on("error", () => undefined);
  database.configure("busyTimeout", busyMsMax);
  database.serialize();
  return new OpenConnection(database);
}

class OpenConnection implements SqliteConnection {
  readonly #database: sqlite3.Database;
  readonly #statements = new Map<string, Promise<sqlite3.Statement>>();
  /** The driver keeps the order of one statement's calls only. */
  readonly #turns = new SerialQueue();

  constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  async run(sql: string, ...values: readonly Bindable[]): Promise<void> {
    await this.all(sql, ...values);
  }

  all(sql: string, ...values: readonly Bindable[]): Promise<readonly Row[]> {
    return this.#turns.run(() => this.#all(sql, values));
  }

  script(sql: string): Promise<void> {
    return this.#turns.run(() => this.#script(sql));
  }

  close(): Promise<void> {
    return this.#turns.run(() => this.#close());
  }

  /** Always steps to the end: a statement that is left half-way would pin the file's state as it was then. */
  async #all(sql: string, values: readonly Bindable[]): Promise<readonly Row[]> {
    values.forEach(checkInteger);
    const statement = await this.#prepared(sql);
    const rows = await new Promise<Row[]>((resolve, reject) => {
      statement.all<Row>([...values], (error: Error | null, found: Row[]) =>
        error ? reject(failure(error)) : resolve(found),
      );
    });
    for (const row of rows) for (const column in row) checkInteger(row[column] ?? null);
    return rows;
  }

  #script(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error: Error | null) => (error ? reject(failure(error)) : resolve()));
    });
  }

  async #close(): Promise<void> {
    for (const statement of await Promise.allSettled(this.#statements.values())) {
      if (statement.status === "fulfilled")
        await new Promise<void>((resolve) => statement.value.finalize(() => resolve()));
    }
    this.#statements.clear();
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error ? reject(failure(error)) : resolve()));
    });
  }

  /** Preparing costs as much as running; the set of texts is small and fixed. */
  #prepared(sql: string): Promise<sqlite3.Statement> {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    if (this.#statements.size >= statementsKeptMax)
      throw new Error("assertion failed: SQL texts are a small fixed set");
    const prepared = new Promise<sqlite3.Statement>((resolve, reject) => {
      const statement: sqlite3.Statement = this.#database.prepare(sql, (error: Error | null) =>
        error ? reject(failure(error)) : resolve(statement),
      );
    });
    this.#statements.set(sql, prepared);
    prepared.catch(() => this.#statements.delete(sql));
    return prepared;
  }
}

function failure(error: Error): SqliteFailure {
  return new SqliteFailure(
    "code" in error && typeof error.code === "string" ? error.code : "SQLITE_ERROR",
    error.message,
  );
}

/** Amounts and sequence numbers beyond 2^53 would be rounded without a word, in both directions. */
function checkInteger(value: Bindable): void {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isSafeInteger(value))) {
    throw new Error("assertion failed: numbers in the journal are whole and at most 2^53");
  }
}

/** The text in a column that is never NULL. */
export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new SqliteFailure("SQLITE_MISMATCH", `no text in ${column}`);
  return value;
}

/** The integer in a column that is never NULL. */
export function integerOf(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new SqliteFailure("SQLITE_MISMATCH", `no integer in ${column}`);
  return value;
}
