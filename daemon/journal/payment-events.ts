import { fold, type Happened } from "../payments/payment/payment.ts";
import { rowOf } from "../payments/work/run.ts";
import type { IndexEntry } from "./batch.ts";
import { happenedIn } from "./payment-store.ts";
import { type Connection, type Row, textOf } from "./sqlite.ts";

/** The events of several payments, each in order. */
export async function eventsOf(
  connection: Connection,
  paymentIds: readonly string[],
): Promise<Map<string, Happened[]>> {
  const found = new Map<string, Happened[]>();
  for (const row of await connection.all(eventsSql, JSON.stringify(paymentIds))) {
    const subject = textOf(row, "subject");
    const events = found.get(subject) ?? [];
    events.push(...readable(row));
    found.set(subject, events);
  }
  return found;
}

const eventsSql = `
  SELECT subject, type, body, at FROM events
  WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY subject, seq`;

/** The row that a payment's events make. Undefined when they make no payment: then some of them are missing. */
export function indexEntry(paymentId: string, events: readonly Happened[] = []): IndexEntry | undefined {
  try {
    return { ...rowOf(fold(events)), paymentId };
  } catch {
    return undefined;
  }
}

/** A row that is no event is left out: then the others make no payment, or one that MobilePay will be asked about. */
function readable(row: Row): readonly Happened[] {
  try {
    return [happenedIn(row)];
  } catch {
    return [];
  }
}
