import { type SqliteConnection, integerOf } from "./connection.ts";

/** "TiBr": distinguishes a journal from any other SQLite file. */
export const applicationId = 0x54694272;

/**
 * The schema, step by step; a journal's `user_version` is the number of steps it has taken. A step that was ever released is
 * never changed. `events` is the journal; the other tables only find payments in it and can be made anew from it.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE events(
    seq INTEGER PRIMARY KEY,
    previous INTEGER NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX events_by_subject ON events(subject);

  CREATE TABLE payments(
    number INTEGER PRIMARY KEY,
    payment_id TEXT NOT NULL UNIQUE,
    sale_id TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    receipt_number TEXT,
    state TEXT NOT NULL,
    open INTEGER NOT NULL,
    started_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX payments_open ON payments(open) WHERE open = 1;
  CREATE INDEX payments_by_sale ON payments(sale_id);
  CREATE INDEX payments_by_receipt ON payments(receipt_number) WHERE receipt_number IS NOT NULL;
  CREATE INDEX payments_by_state ON payments(state);
  CREATE INDEX payments_by_start ON payments(started_at);

  CREATE TABLE refunds(refund_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

/** The journal was written by a newer Tillbridge: this one does not know what stands in it and must not add to it. */
export class JournalNewer extends Error {
  constructor(found: number) {
    super(
      `the journal was written by a newer Tillbridge (format ${found}, this one knows up to ${steps.length}); install that version again`,
    );
    this.name = "JournalNewer";
  }
}

/** `user_version` is the number of steps taken, and this often the number of steps that a program must know to go on with the file. */
const neededUnit = 65_536;

/**
 * The number of steps the file has taken. Throws `JournalNewer` when a later version has changed it so that this program cannot go
 * on with it. A step that only adds (a table, an index, a column that may be empty) leaves the number needed as it was.
 */
export async function checkVersion(connection: SqliteConnection): Promise<number> {
  const [row] = await connection.all("PRAGMA user_version");
  const found = integerOf(row, "user_version");
  const taken = found % neededUnit;
  const needed = found < neededUnit ? taken : Math.trunc(found / neededUnit);
  if (needed > steps.length) throw new JournalNewer(taken);
  return taken;
}

/** Brings the schema up to date, each step whole or not at all. */
export async function migrate(connection: SqliteConnection): Promise<void> {
  const taken = await checkVersion(connection);
  for (const [index, step] of steps.slice(taken).entries()) {
    const version = taken + index + 1;
    try {
      await connection.script(
        `BEGIN IMMEDIATE; ${step} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}; COMMIT;`,
      );
    } catch (error) {
      await connection.script("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }
}
