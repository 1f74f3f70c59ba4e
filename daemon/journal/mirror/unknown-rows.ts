import type { PaymentState } from "../../protocol/values.ts";
import type { IndexEntry } from "../rows/batch.ts";
import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";

/** What a second journal that is no copy of the first holds beyond it. */
export interface UnknownRows {
  readonly rows: number;
  /** Of payments that the first does not know at all: how each is found again. */
  readonly payments: readonly IndexEntry[];
}

const perRead = 500;

export async function unknownRows(second: SqliteConnection, first: SqliteConnection): Promise<UnknownRows> {
  const subjects = new Set<string>();
  let rows = 0;
  for (let last = Number.MAX_SAFE_INTEGER; ; ) {
    const found = await second.all(newestSql, last, perRead);
    const seqs = JSON.stringify(found.map((row) => integerOf(row, "seq")));
    const known = new Set((await first.all(knownSql, seqs)).map((row) => textOf(row, "hash")));
    const unknown = found.filter((row) => !known.has(textOf(row, "hash")));
    rows += unknown.length;
    for (const row of unknown) subjects.add(textOf(row, "subject"));
    // From here on down both are the same.
    if (found.length < perRead || unknown.length < found.length) break;
    last = integerOf(found.at(-1), "seq");
  }
  return { rows, payments: await missingPayments([...subjects], second, first) };
}

const newestSql = "SELECT seq, subject, hex(hash) AS hash FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?";
const knownSql = "SELECT hex(hash) AS hash FROM events WHERE seq IN (SELECT value FROM json_each(?))";

async function missingPayments(
  subjects: readonly string[],
  second: SqliteConnection,
  first: SqliteConnection,
): Promise<readonly IndexEntry[]> {
  const here = await first.all(`SELECT payment_id FROM payments WHERE ${among}`, JSON.stringify(subjects));
  const known = new Set(here.map((row) => textOf(row, "payment_id")));
  const there = await second.all(`SELECT * FROM payments WHERE ${among}`, JSON.stringify(subjects));
  return there.filter((row) => !known.has(textOf(row, "payment_id"))).map(entryOf);
}

const among = "payment_id IN (SELECT value FROM json_each(?))";

/** As one that is open: whatever it was there, MobilePay is asked. */
function entryOf(row: Row): IndexEntry {
  return {
    paymentId: textOf(row, "payment_id"),
    saleId: textOf(row, "sale_id"),
    reference: textOf(row, "reference"),
    state: textOf(row, "state") as PaymentState,
    open: true,
    startedAt: integerOf(row, "started_at"),
    refundIds: [],
  };
}
