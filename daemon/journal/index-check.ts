import { fold, type Happened } from "../payments/payment.ts";
import { rowOf } from "../payments/run.ts";
import type { IndexEntry } from "./batch.ts";
import { happenedIn } from "./payment-store.ts";
import { type Connection, integerOf, type Row, textOf } from "./sqlite.ts";

const paymentsPerRead = 500;

/**
 * Ids of the payments whose row does not say what their events say: a payment that is not found is a payment that is not
 * looked after. At most `idsMax` of them.
 */
export async function misfiled(connection: Connection, idsMax: number): Promise<readonly string[]> {
  const wrong: string[] = [];
  let last = 0;
  for (;;) {
    const rows = await connection.all(
      "SELECT * FROM payments WHERE number > ? ORDER BY number LIMIT ?",
      last,
      paymentsPerRead,
    );
    const events = await eventsOf(
      connection,
      rows.map((row) => textOf(row, "payment_id")),
    );
    const refunds = await refundsOf(connection, events);
    wrong.push(...rows.filter((row) => !agrees(row, events, refunds)).map((row) => textOf(row, "payment_id")));
    if (wrong.length >= idsMax) return wrong.slice(0, idsMax);
    if (rows.length < paymentsPerRead) return [...wrong, ...(await unfiled(connection, idsMax - wrong.length))];
    last = integerOf(rows.at(-1), "number");
  }
}

async function unfiled(connection: Connection, idsMax: number): Promise<readonly string[]> {
  const sql =
    "SELECT subject FROM events WHERE type = 'started' AND subject NOT IN (SELECT payment_id FROM payments) LIMIT ?";
  return (await connection.all(sql, idsMax)).map((row) => textOf(row, "subject"));
}

/** The row that a payment's events make. Undefined when they make no payment: then some of them are missing. */
export function indexEntry(paymentId: string, events: readonly Happened[] = []): IndexEntry | undefined {
  try {
    return { ...rowOf(fold(events)), paymentId };
  } catch {
    return undefined;
  }
}

/** The events of several payments, each in order. */
export async function eventsOf(
  connection: Connection,
  paymentIds: readonly string[],
): Promise<Map<string, Happened[]>> {
  const sql =
    "SELECT subject, type, body, at FROM events WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY subject, seq";
  const found = new Map<string, Happened[]>();
  for (const row of await connection.all(sql, JSON.stringify(paymentIds))) {
    const subject = textOf(row, "subject");
    const events = found.get(subject) ?? [];
    events.push(...readable(row));
    found.set(subject, events);
  }
  return found;
}

/** A row that is no event is left out: then the others do not make a payment, or make one that MobilePay will be asked about. */
function readable(row: Row): readonly Happened[] {
  try {
    return [happenedIn(row)];
  } catch {
    return [];
  }
}

async function refundsOf(
  connection: Connection,
  events: ReadonlyMap<string, readonly Happened[]>,
): Promise<ReadonlyMap<string, string>> {
  const ids = [...events.values()]
    .flat()
    .flatMap((event) => (event.type === "refundStarted" ? [event.refund.refundId] : []));
  if (ids.length === 0) return new Map();
  const rows = await connection.all(
    "SELECT * FROM refunds WHERE refund_id IN (SELECT value FROM json_each(?))",
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [textOf(row, "refund_id"), textOf(row, "payment_id")]));
}

function agrees(
  row: Row,
  events: ReadonlyMap<string, readonly Happened[]>,
  refunds: ReadonlyMap<string, string>,
): boolean {
  const paymentId = textOf(row, "payment_id");
  const expected = indexEntry(paymentId, events.get(paymentId));
  if (expected === undefined) return false;
  const { saleId, reference, receiptNumber = null, state, open } = expected;
  const columns = [row["sale_id"], row["reference"], row["receipt_number"], row["state"], row["open"]];
  const same = [saleId, reference, receiptNumber, state, open ? 1 : 0].every(
    (value, index) => value === columns[index],
  );
  return same && expected.refundIds.every((refundId) => refunds.get(refundId) === paymentId);
}
