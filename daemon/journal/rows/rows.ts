import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";
import type { ChainedRow } from "./chain.ts";

const rowsPerRead = 2000;

/** All rows of a journal in order, or those about one subject. */
export async function* rowsIn(connection: SqliteConnection, subject?: string): AsyncIterable<ChainedRow> {
  for await (const rows of rowBatches(connection, subject)) yield* rows;
}

/** The same, many at a time: for a caller that reads them all. Read to the end: the next rows are read ahead. */
export async function* rowBatches(
  connection: SqliteConnection,
  subject?: string,
): AsyncIterable<readonly ChainedRow[]> {
  const about = subject === undefined ? "" : " AND subject = ?";
  const sql = `SELECT ${rowColumns} FROM events WHERE seq > ?${about} ORDER BY seq LIMIT ${rowsPerRead}`;
  const read = (after: number) => connection.all(sql, after, ...(subject === undefined ? [] : [subject]));
  // Numbers begin at 1: a row below was written by another program, and must be seen.
  let reading = read(Number.MIN_SAFE_INTEGER);
  for (;;) {
    const rows = await reading;
    // The next rows are read while these are worked on.
    if (rows.length === rowsPerRead) reading = read(integerOf(rows.at(-1), "seq"));
    yield rows.map(chainedRow);
    if (rows.length < rowsPerRead) return;
  }
}

/** Each row as `read` makes it; one that is damaged is left out, and keeps none of the others from being read. */
export function readable<Value>(rows: readonly Row[], read: (row: Row) => Value): Value[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch {
      return [];
    }
  });
}

export const rowColumns = "seq, previous, at, subject, type, body, lower(hex(hash)) AS hash";

export function chainedRow(row: Row): ChainedRow {
  return {
    seq: integerOf(row, "seq"),
    previous: integerOf(row, "previous"),
    at: integerOf(row, "at"),
    subject: textOf(row, "subject"),
    type: textOf(row, "type"),
    body: textOf(row, "body"),
    hash: textOf(row, "hash"),
  };
}
