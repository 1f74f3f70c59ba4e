import type { RecordedEvent } from "../../payments/payment/payment.ts";
import { type ChainedRow, journalSubject } from "../rows/chain.ts";
import { eventsOf, eventOf, indexEntry } from "../rows/payment-rows.ts";
import { type SqliteConnection, integerOf, type Row, textOf } from "../sqlite/connection.ts";

/** A batch that fits into memory beside a till that sells. */
const paymentsAtOnceMax = 4000;
const rowsPerRead = 2000;
/** A batch that fits into memory beside a till that sells; beyond that the payments are read again instead. */
const rowsWaitingMax = 20_000;
const lookedUpAtOnce = 200;

/**
 * Compares each payment's row in the index with its events: a payment that is not found is a payment that is not looked after.
 * Events and rows come in the same order, so both are read once, side by side; what does not match at once (a refund that came
 * years later) is looked up at the end.
 */
export class IndexCheck {
  readonly #connection: SqliteConnection;
  /** Payments whose events are coming in, oldest first. */
  readonly #unmatched = new Map<string, RecordedEvent[]>();
  readonly #rows = new Map<string, Row>();
  readonly #suspects = new Set<string>();
  #lastNumber = 0;
  #rowsLeft = true;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** More is coming in than should wait: `compare` before the next row. */
  get isFull(): boolean {
    return this.#unmatched.size > paymentsAtOnceMax;
  }

  compare(): Promise<void> {
    return this.#compareOldest(paymentsAtOnceMax / 2);
  }

  /** The next row of the journal. */
  add(row: ChainedRow): void {
    const event = eventIn(row);
    const waiting = this.#unmatched.get(row.subject);
    if (event === undefined || (waiting === undefined && event.type !== "started")) this.#suspects.add(row.subject);
    else if (waiting === undefined) this.#unmatched.set(row.subject, [event]);
    else waiting.push(event);
  }

  /** Ids of the payments that are not found as what they are, at most `idsMax`. */
  async mismatches(idsMax: number): Promise<readonly string[]> {
    await this.#compareOldest(this.#unmatched.size);
    while (this.#rowsLeft) await this.#readRows();
    for (const paymentId of this.#rows.keys()) this.#suspects.add(paymentId);
    const wrong: string[] = [];
    const suspects = [...this.#suspects];
    for (let from = 0; from < suspects.length && wrong.length < idsMax; from += lookedUpAtOnce) {
      wrong.push(...(await this.#lookUp(suspects.slice(from, from + lookedUpAtOnce))));
    }
    return wrong.slice(0, idsMax);
  }

  async #compareOldest(count: number): Promise<void> {
    for (const [paymentId, events] of [...this.#unmatched].slice(0, count)) {
      this.#unmatched.delete(paymentId);
      const row = await this.#rowOf(paymentId);
      if (row === undefined || !agrees(row, events) || events.some(isRefund)) this.#suspects.add(paymentId);
    }
  }

  async #rowOf(paymentId: string): Promise<Row | undefined> {
    while (!this.#rows.has(paymentId) && this.#rowsLeft && this.#rows.size < rowsWaitingMax) await this.#readRows();
    const row = this.#rows.get(paymentId);
    this.#rows.delete(paymentId);
    return row;
  }

  async #readRows(): Promise<void> {
    const sql = "SELECT * FROM payments WHERE number > ? ORDER BY number LIMIT ?";
    const rows = await this.#connection.all(sql, this.#lastNumber, rowsPerRead);
    for (const row of rows) this.#rows.set(textOf(row, "payment_id"), row);
    this.#rowsLeft = rows.length === rowsPerRead;
    if (rows.length > 0) this.#lastNumber = integerOf(rows.at(-1), "number");
  }

  async #lookUp(paymentIds: readonly string[]): Promise<readonly string[]> {
    const ids = JSON.stringify(paymentIds);
    const found = await this.#connection.all(
      "SELECT * FROM payments WHERE payment_id IN (SELECT value FROM json_each(?))",
      ids,
    );
    const rows = new Map(found.map((row) => [textOf(row, "payment_id"), row]));
    const events = await eventsOf(this.#connection, paymentIds);
    const lossTold = await this.#isLossTold();
    const wrong = [];
    for (const paymentId of paymentIds) {
      const its = events.get(paymentId) ?? [];
      const row = rows.get(paymentId);
      if (row !== undefined && lossTold && indexEntry(paymentId, its) === undefined) continue;
      if (row === undefined || !agrees(row, its) || !(await this.#refundsAgree(paymentId, its))) wrong.push(paymentId);
    }
    return wrong;
  }

  /** The journal was saved from a damaged one: what makes no payment any more is found as one that was lost. */
  async #isLossTold(): Promise<boolean> {
    const sql = "SELECT 1 FROM events WHERE subject = ? AND type = 'continued' LIMIT 1";
    return (await this.#connection.all(sql, journalSubject)).length > 0;
  }

  async #refundsAgree(paymentId: string, events: readonly RecordedEvent[]): Promise<boolean> {
    for (const event of events.filter(isRefund)) {
      const [row] = await this.#connection.all(
        "SELECT payment_id FROM refunds WHERE refund_id = ?",
        event.refund.refundId,
      );
      if (row?.["payment_id"] !== paymentId) return false;
    }
    return true;
  }
}

function eventIn(row: ChainedRow): RecordedEvent | undefined {
  try {
    return eventOf(row);
  } catch {
    return undefined;
  }
}

function isRefund(event: RecordedEvent): event is RecordedEvent & { type: "refundStarted" } {
  return event.type === "refundStarted";
}

function agrees(row: Row, events: readonly RecordedEvent[]): boolean {
  const expected = indexEntry(textOf(row, "payment_id"), events);
  if (expected === undefined) return false;
  const { saleId, reference, receiptNumber = null, state, open } = expected;
  const columns = [row["sale_id"], row["reference"], row["receipt_number"], row["state"], row["open"]];
  return [saleId, reference, receiptNumber, state, open ? 1 : 0].every((value, index) => value === columns[index]);
}
