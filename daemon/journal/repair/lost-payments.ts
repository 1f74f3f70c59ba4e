import type { PaymentState } from "../../protocol/values.ts";
import { type IndexEntry, writeBatch } from "../rows/batch.ts";
import { otherSubjects } from "../rows/chain.ts";
import { eventsOf } from "../rows/payment-rows.ts";
import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";
import { openForReading } from "../sqlite/open-for-reading.ts";

const perRead = 500;

/** What a payment's reference is called while it is not known: it follows from the payment's id. */
export const lostReference = (paymentId: string) => `lost ${paymentId}`;

/**
 * Payments of a damaged journal of which rows are missing, so that what is left makes no payment, or nothing is left: they stay to
 * be found, and those that were open or have rows left are asked about at MobilePay. By the damaged file's own index where it can be
 * read, else by the rows.
 */
export async function indexLost(damaged: string, target: SqliteConnection): Promise<void> {
  for await (const rows of indexRows(damaged)) {
    const entries = rows.flatMap(readable);
    const known = await knownTo(target, "payments", "payment_id", entries);
    const left = await knownTo(target, "events", "subject", entries);
    const lost = entries.filter(({ paymentId }) => !known.has(paymentId));
    await writeBatch(
      target,
      [],
      lost.map((entry) => ({ ...entry, open: entry.open || left.has(entry.paymentId) })),
    );
  }
  await indexOrphans(target);
}

async function* indexRows(damaged: string): AsyncIterable<readonly Row[]> {
  const source = await openForReading(damaged).catch(() => undefined);
  if (source === undefined) return;
  const sql = `SELECT number, payment_id, sale_id, reference, receipt_number, state, open, started_at
    FROM payments WHERE number > ? ORDER BY number LIMIT ?`;
  let last = 0;
  try {
    for (;;) {
      const rows = await source.all(sql, last, perRead).catch(() => []);
      if (rows.length === 0) return;
      yield rows;
      last = integerOf(rows.at(-1), "number");
    }
  } finally {
    await source.close().catch(() => undefined);
  }
}

function readable(row: Row): readonly IndexEntry[] {
  const receiptNumber = row["receipt_number"];
  try {
    return [
      {
        paymentId: textOf(row, "payment_id"),
        saleId: textOf(row, "sale_id"),
        reference: textOf(row, "reference"),
        // Written by this program or one like it; it is only kept.
        state: textOf(row, "state") as PaymentState,
        open: integerOf(row, "open") === 1,
        startedAt: integerOf(row, "started_at"),
        refundIds: [],
        ...(typeof receiptNumber === "string" && { receiptNumber }),
      },
    ];
  } catch {
    return [];
  }
}

async function knownTo(
  target: SqliteConnection,
  table: "payments" | "events",
  column: string,
  entries: readonly IndexEntry[],
): Promise<ReadonlySet<string>> {
  const sql = `SELECT DISTINCT ${column} AS id FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`;
  const rows = await target.all(sql, JSON.stringify(entries.map(({ paymentId }) => paymentId)));
  return new Set(rows.map((row) => textOf(row, "id")));
}

/** Rows of payments that no index knows: no payment's id is as short as the subjects of other rows. */
async function indexOrphans(target: SqliteConnection): Promise<void> {
  const sql = `SELECT DISTINCT subject FROM events WHERE length(subject) >= 8
    AND subject NOT IN (SELECT payment_id FROM payments) AND subject NOT IN (SELECT value FROM json_each(?))`;
  const ids = (await target.all(sql, JSON.stringify(otherSubjects))).map((row) => textOf(row, "subject"));
  const events = await eventsOf(target, ids);
  const entries = ids.map((paymentId): IndexEntry => {
    const started = events.get(paymentId)?.find(({ type }) => type === "started");
    const order = started?.type === "started" ? started.order : undefined;
    return {
      paymentId,
      saleId: order?.saleId ?? "",
      reference: order?.reference ?? lostReference(paymentId),
      state: "needsDecision",
      open: true,
      startedAt: events.get(paymentId)?.[0]?.at ?? 0,
      refundIds: [],
    };
  });
  await writeBatch(target, [], entries);
}
