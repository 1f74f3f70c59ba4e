import type { PaymentEvent } from "../../payments/payment/payment.ts";
import type { PaymentQuery, PaymentRow, PaymentStore } from "../../payments/ports/store.ts";
import type { Reader } from "../live/reader.ts";
import type { Writer } from "../live/writer.ts";
import { entryOf } from "../rows/chain.ts";
import { eventOf, eventFromRow } from "../rows/payment-rows.ts";
import { type Bindable, integerOf, type Row, textOf } from "../sqlite/connection.ts";
import { journalFailed } from "../sqlite/failure.ts";

/** Payments in the journal. `damage`: what was seen of it since the daemon started. No query of a sale grows with the number of old payments; a test reads the query plans. */
export function journalPaymentStore(
  writer: Writer,
  reader: Pick<Reader, "all">,
  damage: () => unknown = () => undefined,
): PaymentStore {
  async function writable(): Promise<void> {
    if (writer.failure !== undefined) await writer.append({ entries: [] });
  }
  return {
    async ready() {
      if (damage() !== undefined) throw journalFailed(damage());
      await writable();
    },
    writable,
    async append(paymentId: string, events: readonly PaymentEvent[], row: PaymentRow) {
      const rows = await writer.append({
        entries: events.map((event) => entryOf(paymentId, event)),
        index: { ...row, paymentId },
      });
      return rows.map(eventOf);
    },
    inDoubt: (id) => writer.inDoubt(id),
    async events(paymentId) {
      const rows = await reader.all(queries.events, paymentId, writer.lastSeq);
      return rows.length === 0 ? undefined : rows.map(eventFromRow);
    },
    async open() {
      return (await reader.all(queries.open)).map((row) => textOf(row, "payment_id"));
    },
    async find(by) {
      const [row] = await findRows(reader, by);
      return row && textOf(row, "payment_id");
    },
    async list(query) {
      return page(await reader.all(listSql(query), ...listValues(query)), query.limit);
    },
  };
}

/** Every fixed query of a sale. */
export const queries = {
  // A write that was refused may turn up in the file later: it counts only from the next start on, when it is surely synced.
  events: "SELECT type, body, at FROM events WHERE subject = ? AND seq <= ? ORDER BY seq",
  open: "SELECT payment_id FROM payments WHERE open = 1 ORDER BY number",
  byId: "SELECT payment_id FROM payments WHERE payment_id = ?",
  byReference: "SELECT payment_id FROM payments WHERE reference = ?",
  byRefund: "SELECT payment_id FROM refunds WHERE refund_id = ?",
} as const;

function findRows(reader: Pick<Reader, "all">, by: Parameters<PaymentStore["find"]>[0]): Promise<readonly Row[]> {
  if ("reference" in by) return reader.all(queries.byReference, by.reference);
  return reader.all(queries.byRefund, by.refundId);
}

/**
 * Newest first by the order of the journal; the till's clock only filters. The times are looked up in an index of their own,
 * so that asking for a day costs what that day holds.
 */
export function listSql(query: PaymentQuery): string {
  const where = [
    query.saleId !== undefined && "sale_id = ?",
    query.receiptNumber !== undefined && "receipt_number = ?",
    query.state !== undefined && (isNarrow(query) ? "+state = ?" : "state = ?"),
    hasTimes(query) && "number IN (SELECT number FROM payments WHERE started_at BETWEEN ? AND ?)",
    query.cursor !== undefined && "number < ?",
  ].filter((part) => part !== false);
  const conditions = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
  return `SELECT number, payment_id FROM payments${conditions} ORDER BY number DESC LIMIT ?`;
}

/** A sale or a receipt names a handful of payments: the plus keeps the database from reading all of a state instead. */
function isNarrow({ saleId, receiptNumber }: PaymentQuery): boolean {
  return saleId !== undefined || receiptNumber !== undefined;
}

function listValues({
  saleId,
  receiptNumber,
  state,
  from,
  to,
  cursor,
  limit,
  ...rest
}: PaymentQuery): readonly Bindable[] {
  const times = hasTimes({ limit, ...rest, ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  const found = [
    saleId,
    receiptNumber,
    state,
    ...(times ? [from ?? 0, to ?? Number.MAX_SAFE_INTEGER] : []),
    cursorNumber(cursor),
    limit,
  ];
  return found.filter((value) => value !== undefined);
}

function hasTimes({ from, to }: PaymentQuery): boolean {
  return from !== undefined || to !== undefined;
}

/** A cursor that we did not make finds nothing, rather than everything again. */
function cursorNumber(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  return /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
}

function page(rows: readonly Row[], limit: number) {
  const last = rows.at(-1);
  const paymentIds = rows.map((row) => textOf(row, "payment_id"));
  return last === undefined || rows.length < limit
    ? { paymentIds }
    : { paymentIds, cursor: String(integerOf(last, "number")) };
}
