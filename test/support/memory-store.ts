import type { ArrivedCheckIn, CheckInStore, RememberedCheckIn } from "../../daemon/check-in/check-in-store.ts";
import type { TillEvent, TillStore } from "../../daemon/pairing/till-store.ts";
import type { RecordedEvent, PaymentEvent } from "../../daemon/payments/payment/payment.ts";
import type { PaymentQuery, PaymentRow, PaymentStore } from "../../daemon/payments/ports/store.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";

/**
 * A journal in memory that is as unkind as a disk: it can refuse, and the process can die on either side of the moment
 * when a write becomes durable. What is read is always a copy of what was written.
 */
export class MemoryStore {
  readonly payments: PaymentStore;
  readonly till: TillStore;
  readonly checkIns: CheckInStore;
  /** While set, every append rejects and nothing of it is kept. */
  failing = false;
  /** The process dies at the next append: nothing that it asks of the store is ever answered again. */
  dies: "beforeDurable" | "afterDurable" | undefined;
  #dead = false;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #durable: Durable;
  readonly #now: () => number;

  constructor(now: () => number = () => 0, durable: Durable = emptyDurable()) {
    this.#now = now;
    this.#durable = durable;
    this.payments = {
      ready: () => this.#answer(() => this.#checkReady()),
      writable: () => this.#answer(() => this.#checkReady()),
      append: (paymentId, events, row) =>
        this.#append(() => writePayment(durable, paymentId, this.#stamped(events), row)),
      inDoubt: () => false,
      events: (paymentId) => this.#answer(() => eventsOf(durable, paymentId)),
      open: () => this.#answer(() => durable.rows.filter(({ row }) => row.open).map(({ paymentId }) => paymentId)),
      find: (by) => this.#answer(() => find(durable, by)),
      list: (query) => this.#answer(() => list(durable, query)),
    };
    this.till = {
      append: (event) => this.#append(() => void durable.till.push(JSON.stringify(event))),
      events: () => this.#answer(() => durable.till.map((text) => JSON.parse(text) as TillEvent)),
    };
    this.checkIns = {
      append: (arrived) => this.#append(() => writeCheckIn(durable, arrived, this.#now())),
      recent: (limit) => this.#answer(() => recentCheckIns(durable, limit)),
    };
  }

  /** The next life of the process on the same disk. */
  restart(): MemoryStore {
    this.#dead = true;
    return new MemoryStore(this.#now, this.#durable);
  }

  #checkReady(): void {
    if (this.failing) throw new BridgeError("JOURNAL_FAILED");
  }

  #append<Value>(write: () => Value): Promise<Value> {
    const turn = this.#queue.then(() => this.#write(write));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #write<Value>(write: () => Value): Promise<Value> | Value {
    if (this.#dead || this.dies === "beforeDurable") return this.#never();
    if (this.failing) throw new BridgeError("JOURNAL_FAILED");
    const value = write();
    return this.dies === "afterDurable" ? this.#never() : value;
  }

  async #answer<Value>(read: () => Value): Promise<Value> {
    await Promise.resolve();
    return this.#dead ? this.#never() : read();
  }

  #never<Value>(): Promise<Value> {
    this.#dead = true;
    return new Promise(() => undefined);
  }

  #stamped(events: readonly PaymentEvent[]): readonly RecordedEvent[] {
    return events.map((event) => ({ ...event, at: this.#now() }));
  }
}

interface Durable {
  readonly events: Map<string, string[]>;
  readonly rows: { readonly paymentId: string; row: PaymentRow }[];
  readonly refunds: Map<string, string>;
  readonly till: string[];
  /** `touched`: how many writes to payments there had been before. */
  readonly checkIns: { readonly text: string; readonly touched: number }[];
  touches: number;
}

function emptyDurable(): Durable {
  return { events: new Map(), rows: [], refunds: new Map(), till: [], checkIns: [], touches: 0 };
}

function writePayment(
  durable: Durable,
  paymentId: string,
  events: readonly RecordedEvent[],
  row: PaymentRow,
): readonly RecordedEvent[] {
  const known = durable.rows.find((item) => item.paymentId === paymentId);
  const taken = durable.rows.some((item) => item !== known && item.row.reference === row.reference);
  if (taken || row.refundIds.some((refundId) => durable.refunds.has(refundId))) {
    throw new Error("assertion failed: a reference or refund id is journaled once");
  }
  if (known) known.row = { ...row, reference: known.row.reference, startedAt: known.row.startedAt };
  else durable.rows.push({ paymentId, row });
  for (const refundId of row.refundIds) durable.refunds.set(refundId, paymentId);
  const texts = events.map((event) => JSON.stringify(event));
  durable.touches += texts.length;
  durable.events.set(paymentId, [...(durable.events.get(paymentId) ?? []), ...texts]);
  return happened(texts);
}

function writeCheckIn(durable: Durable, arrived: ArrivedCheckIn, at: number): void {
  durable.checkIns.push({ text: JSON.stringify({ ...arrived, at }), touched: durable.touches });
}

function recentCheckIns({ checkIns, touches }: Durable, limit: number): RememberedCheckIn[] {
  return checkIns.slice(-limit).map(({ text, touched }) => {
    // Written by `writeCheckIn` from this very type.
    const kept = JSON.parse(text) as ArrivedCheckIn & { at: number };
    return { ...kept, idleSince: touched === touches };
  });
}

function eventsOf({ events }: Durable, paymentId: string): RecordedEvent[] | undefined {
  const texts = events.get(paymentId);
  return texts && happened(texts);
}

/** `events` are texts of a payment's events and nothing else. */
function happened(events: readonly string[]): RecordedEvent[] {
  return events.map((text) => JSON.parse(text) as RecordedEvent);
}

function find({ rows, refunds }: Durable, by: Parameters<PaymentStore["find"]>[0]): string | undefined {
  if ("refundId" in by) return refunds.get(by.refundId);
  return rows.find(({ row }) => row.reference === by.reference)?.paymentId;
}

function list({ rows }: Durable, query: PaymentQuery) {
  const { saleId, receiptNumber, state, from = 0, to = Infinity, cursor, limit } = query;
  const before = cursor === undefined ? Infinity : Number(/^\d{1,15}$/.exec(cursor)?.[0] ?? 0);
  const found = rows
    .map((item, index) => ({ ...item, number: index + 1 }))
    .filter(({ row, number }) => number < before && row.startedAt >= from && row.startedAt <= to)
    .filter(({ row }) => saleId === undefined || row.saleId === saleId)
    .filter(({ row }) => receiptNumber === undefined || row.receiptNumber === receiptNumber)
    .filter(({ row }) => state === undefined || row.state === state)
    .toReversed()
    .slice(0, limit);
  const last = found.at(-1);
  const paymentIds = found.map(({ paymentId }) => paymentId);
  return last === undefined || found.length < limit ? { paymentIds } : { paymentIds, cursor: String(last.number) };
}
