import type { CheckInStore } from "../../daemon/check-in/check-in-store.ts";
import { checkInSubject, entryOf, journalSubject } from "../../daemon/journal/rows/chain.ts";
import { journalCheckInStore } from "../../daemon/journal/stores/check-in-store.ts";
import { AnswersInTime } from "../../daemon/journal/live/answers-in-time.ts";
import { Committer } from "../../daemon/journal/live/committer.ts";
import { journalPaymentStore, queries } from "../../daemon/journal/stores/payment-store.ts";
import { Writer } from "../../daemon/journal/live/writer.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import type { PaymentQuery, PaymentRow, PaymentStore } from "../../daemon/payments/ports/store.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { World } from "../../daemon/world.ts";
import { JournalFile } from "./journal-file.ts";
import { type Life, never } from "./life.ts";

export type { DiskTrouble } from "./journal-file.ts";

/** The payments' store of one life of the daemon. */
export interface OpenDisk {
  readonly store: PaymentStore;
  readonly checkIns: CheckInStore;
  /** Resolves when the first write of this life was made, or could not be made. */
  readonly ready: Promise<void>;
  /** Whether the last write failed. */
  failed(): boolean;
  /** A page's call as the server answers it: without waiting for a disk that hangs. */
  inTime<Value>(call: Promise<Value>): Promise<Value>;
}

/** What survives a power cut: the journal's own writer and committer, on a file in memory that is as unkind as a disk. */
export class Disk extends JournalFile {
  /** How long reading takes. */
  readMs = 0.5;
  /** Whether it is noticed that a write does not come back: only where one may hang, since it costs a timer for each. */
  isWatched = false;
  readonly #world: World;

  constructor(world: World) {
    super(world);
    this.#world = world;
  }

  open(life: Life): OpenDisk {
    const committer = new Committer({
      open: () => life.wait(this.connect(life)),
      openingRows: () => [entryOf(journalSubject, { type: "daemonStarted" })],
      seqFloor: 0,
      now: () => this.#world.now(),
    });
    const ignored = () => undefined;
    const world = life.world(this.#world);
    const writer = new Writer(committer, {
      onCommit: ignored,
      onDamage: ignored,
      onHang: (error) => answers.hang(error),
      world: { sleep: (ms, signal) => (this.isWatched ? world.sleep(ms, signal) : never()) },
      log: silentLogger,
    });
    const answers = new AnswersInTime(world, () => writer.isHanging);
    return {
      inTime: (call) => (this.isWatched ? answers.answer(call) : call),
      store: this.#store(life, writer),
      checkIns: this.#checkIns(life, writer),
      ready: writer.append({ entries: [] }).then(ignored, ignored),
      failed: () => writer.failure !== undefined,
    };
  }

  #store(life: Life, writer: Writer): PaymentStore {
    const journaled = journalPaymentStore(writer, {
      all: (sql, paymentId, seqMax) => {
        if (sql !== queries.events) throw new Error(`this disk cannot ${sql}`);
        return this.#read(() => this.eventsOf(String(paymentId), Number(seqMax ?? Number.MAX_SAFE_INTEGER)));
      },
    });
    const read = <Value>(found: () => Value) => life.wait(this.#read(found));
    return {
      append: (paymentId, events, row) => journaled.append(paymentId, events, row),
      ready: () => life.wait(journaled.ready()),
      writable: () => life.wait(journaled.writable()),
      row: (paymentId) => read(() => this.rows.get(paymentId)),
      inDoubt: (id) => journaled.inDoubt(id),
      events: (paymentId) => life.wait(journaled.events(paymentId)),
      open: () => read(() => [...this.rows].filter(([, row]) => row.open).map(([paymentId]) => paymentId)),
      find: (by) => read(() => this.#find(by)),
      list: (query) => read(() => this.#list(query)),
    };
  }

  #checkIns(life: Life, writer: Writer): CheckInStore {
    return journalCheckInStore(writer, {
      all: (_sql, _subjects, _subject, limit) =>
        life.wait(this.#read(() => this.newestOf(checkInSubject, Number(limit)))),
    });
  }

  /** What is read is as it was when the question was asked. */
  async #read<Value>(found: () => Value): Promise<Value> {
    const value = found();
    await this.#world.sleep(this.readMs);
    if (this.trouble === "gone") throw new BridgeError("JOURNAL_FAILED");
    return value;
  }

  #find(by: Parameters<PaymentStore["find"]>[0]): string | undefined {
    if ("refundId" in by) return this.refunds.get(by.refundId);
    return [...this.rows].find(([, row]) => row.reference === by.reference)?.[0];
  }

  #list({ saleId, receiptNumber, state, from, to, limit }: PaymentQuery) {
    const matches = (row: PaymentRow) =>
      (saleId === undefined || row.saleId === saleId) &&
      (receiptNumber === undefined || row.receiptNumber === receiptNumber) &&
      (state === undefined || row.state === state) &&
      (from === undefined || row.startedAt >= from) &&
      (to === undefined || row.startedAt <= to);
    const found = [...this.rows].filter(([, row]) => matches(row)).map(([paymentId]) => paymentId);
    return { paymentIds: found.toReversed().slice(0, limit) };
  }
}
