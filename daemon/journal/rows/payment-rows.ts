import { fold } from "../../payments/payment/fold.ts";
import type { RecordedEvent } from "../../payments/payment/payment.ts";
import { rowOf } from "../../payments/ports/store.ts";
import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";
import type { IndexEntry } from "./batch.ts";
import type { ChainedRow } from "./chain.ts";

/** The events of several payments up to a row, each in order. */
export async function eventsOf(
  connection: SqliteConnection,
  paymentIds: readonly string[],
  lastSeq: number = Number.MAX_SAFE_INTEGER,
): Promise<Map<string, RecordedEvent[]>> {
  const found = new Map<string, RecordedEvent[]>();
  for (const row of await connection.all(eventsSql, JSON.stringify(paymentIds), lastSeq)) {
    const subject = textOf(row, "subject");
    const events = found.get(subject) ?? [];
    events.push(...readable(row));
    found.set(subject, events);
  }
  return found;
}

const eventsSql = `
  SELECT subject, type, body, at FROM events
  WHERE subject IN (SELECT value FROM json_each(?)) AND seq <= ? ORDER BY subject, seq`;

/** The row that a payment's events make. Undefined when they make no payment: then some of them are missing. */
export function indexEntry(paymentId: string, events: readonly RecordedEvent[] = []): IndexEntry | undefined {
  try {
    return { ...rowOf(fold(events)), paymentId };
  } catch {
    return undefined;
  }
}

/** A row that is no event is left out: then the others make no payment, or one that MobilePay will be asked about. */
function readable(row: Row): readonly RecordedEvent[] {
  try {
    return [eventFromRow(row)];
  } catch {
    return [];
  }
}

/** The event that a row holds. */
export function eventOf({ type, body, at }: Pick<ChainedRow, "type" | "body" | "at">): RecordedEvent {
  // Written by `entryOf` from this very type; what has been changed since is found by the hash chain, not here.
  return { ...(JSON.parse(body) as object), type, at } as RecordedEvent;
}

export function eventFromRow(row: Row): RecordedEvent {
  return eventOf({ type: textOf(row, "type"), body: textOf(row, "body"), at: integerOf(row, "at") });
}
