import type { PaymentRow } from "../../payments/ports/store.ts";
import { type SqliteConnection, SqliteFailure } from "../sqlite/connection.ts";
import { JournalFailure } from "../sqlite/failure.ts";
import type { ChainedRow } from "./chain.ts";

/** How a payment is found again: the columns of `payments`, and the refunds that were added. */
export interface IndexEntry extends PaymentRow {
  readonly paymentId: string;
}

const divergedMark = "the file ends elsewhere";

/** In a trigger: `NEW.payments` is a list of `paymentColumns`. */
export const upsertPayments = `
    INSERT INTO payments(payment_id, sale_id, reference, receipt_number, state, open, started_at)
      SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each(NEW.payments) WHERE true
      ON CONFLICT(payment_id) DO UPDATE SET sale_id = excluded.sale_id, receipt_number = excluded.receipt_number,
        state = excluded.state, open = excluded.open;`;

/**
 * A whole commit is one statement: it either took place or it did not, and needs no BEGIN and COMMIT on a connection where
 * something else might come between. It costs one trip to the driver's thread, however many rows there are.
 */
const prepareBatches = `
  CREATE TEMP VIEW batch(events, payments, refunds) AS SELECT NULL, NULL, NULL;
  CREATE TEMP TRIGGER write_batch INSTEAD OF INSERT ON batch BEGIN
    SELECT raise(ABORT, '${divergedMark}') WHERE (SELECT coalesce(max(seq), 0) FROM events) <> NEW.events->>'$[0][1]';
    INSERT INTO events(seq, previous, at, subject, type, body, hash)
      SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6) FROM json_each(NEW.events);
    ${upsertPayments}
    INSERT INTO refunds(refund_id, payment_id) SELECT value->>0, value->>1 FROM json_each(NEW.refunds);
  END;
`;

/** Once per connection, before the first `writeBatch`. */
export function allowBatches(connection: SqliteConnection): Promise<void> {
  return connection.script(prepareBatches);
}

/**
 * Resolves when all of it is on disk; rejects when the database says that none of it is, with `DIVERGED` when the file does
 * not end where the rows are to be added: another process has written to it.
 */
export async function writeBatch(
  connection: SqliteConnection,
  rows: readonly ChainedRow[],
  index: readonly IndexEntry[],
): Promise<void> {
  const events = rows.map(eventColumns);
  const refunds = index.flatMap((entry) => entry.refundIds.map((refundId) => [refundId, entry.paymentId]));
  const payments = newest(index).map(paymentColumns);
  try {
    await connection.run(
      "INSERT INTO batch VALUES(?, ?, ?)",
      JSON.stringify(events),
      JSON.stringify(payments),
      JSON.stringify(refunds),
    );
  } catch (error) {
    throw error instanceof SqliteFailure && error.message.includes(divergedMark)
      ? new JournalFailure("DIVERGED")
      : error;
  }
}

/** Adds rows wherever they belong: for a copy of rows that have their place already. Several make one commit. */
export async function copyRows(connection: SqliteConnection, rows: readonly ChainedRow[]): Promise<void> {
  if (rows.length > 0) await connection.run(copyRowsSql, JSON.stringify(rows.map(eventColumns)));
}

const copyRowsSql = `
  INSERT INTO events(seq, previous, at, subject, type, body, hash)
  SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6) FROM json_each(?)`;

function eventColumns(row: ChainedRow) {
  return [row.seq, row.previous, row.at, row.subject, row.type, row.body, row.hash];
}

/** The last entry of each payment, in the order in which the payments first appear. */
function newest(index: readonly IndexEntry[]): readonly IndexEntry[] {
  return [...new Map(index.map((entry) => [entry.paymentId, entry])).values()];
}

export function paymentColumns(entry: IndexEntry) {
  const { paymentId, saleId, reference, receiptNumber = null, state, open, startedAt } = entry;
  return [paymentId, saleId, reference, receiptNumber, state, open ? 1 : 0, startedAt];
}
