import { chainStart, otherSubjects, type Tail } from "../../daemon/journal/rows/chain.ts";
import { type SqliteConnection, SqliteFailure } from "../../daemon/journal/sqlite/connection.ts";
import type { RecordedEvent } from "../../daemon/payments/payment/payment.ts";
import type { PaymentRow } from "../../daemon/payments/ports/store.ts";
import type { PaymentState } from "../../daemon/protocol/values.ts";
import type { World } from "../../daemon/world.ts";
import { type Life, never } from "./life.ts";

/**
 * `full`: nothing is written. `syncFails`: what is written may or may not be in the file. `gone`: the file can be neither
 * opened nor read nor written. `hangs`: no write comes back as long as it lasts.
 */
export type DiskTrouble = "full" | "syncFails" | "gone" | "hangs";

/** One transaction, as it stands in the file. */
interface Commit {
  readonly events: readonly StoredEvent[];
  readonly payments: readonly StoredPayment[];
  readonly refunds: readonly (readonly [refundId: string, paymentId: string])[];
}
type StoredEvent = readonly [
  seq: number,
  previous: number,
  at: number,
  subject: string,
  type: string,
  body: string,
  hash: string,
];
/** The columns that are read again. */
export interface DamagedRow {
  readonly type: string;
  readonly body: string;
  readonly at: number | string;
}
type StoredPayment = readonly [
  paymentId: string,
  saleId: string,
  reference: string,
  receiptNumber: string | null,
  state: PaymentState,
  open: 0 | 1,
  startedAt: number,
];

/**
 * A database file with its write-ahead log, in memory, behind the connection that the journal's committer writes through. A
 * commit is in the file when it is written, and beyond the reach of a power cut when it is synced. One whose sync failed is a
 * ghost: opening the file may bring it in, until the next commit overwrites it or another process has opened the file without it. What follows in the log on a commit that was never
 * synced is no safer than that commit, until all of it is copied into the database.
 */
export class JournalFile {
  /** How long a synced commit takes. */
  writeMs = 2;
  trouble: DiskTrouble | undefined;
  /** Whether opening the file brings in a commit whose sync failed. Undefined: as chance will. */
  ghostsShow: boolean | undefined;
  /** As some builds of SQLite: commits are not synced any more once the first has been written, and the settings say so. */
  weakens = false;
  readonly payments = new Map<string, RecordedEvent[]>();
  readonly rows = new Map<string, PaymentRow>();
  readonly refunds = new Map<string, string>();
  /** A commit is about to be written. */
  onWriting: (types: readonly string[]) => void = () => {};
  /** A commit is in the file now. */
  onWritten: (types: readonly string[], subject: string) => void = () => {};
  readonly #events = new Map<string, StoredEvent[]>();
  /** The last row of any payment. */
  #touchedSeq = 0;
  #commits: Commit[] = [];
  #synced = 0;
  #isWeak = false;
  #ghost: Commit | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** How many commits are in the file. */
  get length(): number {
    return this.#commits.length;
  }

  /** What the next life finds after a kill, or after a power cut: then what was never synced is kept or lost, as chance will. */
  restart(powerCut: boolean): void {
    this.#openLog();
    this.#ghost = undefined;
    const doubtful = this.#commits.length - this.#synced;
    if (powerCut && doubtful > 0) this.keep(this.#synced + Math.floor(this.#world.chance() * (doubtful + 1)));
    if (powerCut) this.#synced = this.#commits.length;
  }

  /** Rows of a payment are damaged, or a later version's. They stay in their places. */
  tamper(paymentId: string, change: (events: RecordedEvent[]) => void): void {
    const rows = this.#events.get(paymentId) ?? [];
    const events = rows.map(
      ([, , at, , type, body]) => ({ ...(JSON.parse(body) as object), type, at }) as RecordedEvent,
    );
    change(events);
    const [seq = 0, previous = 0, , , , , hash = ""] = rows[0] ?? [];
    const changed = events.map(
      ({ type, at, ...fields }): StoredEvent => [seq, previous, at, paymentId, type, JSON.stringify(fields), hash],
    );
    this.#events.set(paymentId, changed);
  }

  /** An old image is restored: of all commits only the first ones are left. */
  keep(commits: number): void {
    const kept = this.#commits.slice(0, commits);
    this.#commits = [];
    this.payments.clear();
    this.#events.clear();
    this.#touchedSeq = 0;
    this.rows.clear();
    this.refunds.clear();
    for (const commit of kept) this.#add(commit);
    this.#synced = Math.min(this.#synced, kept.length);
  }

  protected async connect(life: Life): Promise<{ connection: SqliteConnection; tail: Tail }> {
    if (this.trouble === "gone") throw new SqliteFailure("SQLITE_CANTOPEN", "no such disk");
    this.#openLog();
    return { connection: this.#connection(life), tail: this.#tail };
  }

  #openLog(): void {
    const ghost = this.#ghost;
    if (!ghost || !(this.ghostsShow ?? this.#world.chance() < 0.5)) return;
    this.#ghost = undefined;
    this.#add(ghost);
  }

  /** The rows of a payment, up to a sequence number: what the journal's query of them returns. */
  protected eventsOf(paymentId: string, seqMax: number): { type: string; body: string; at: number }[] {
    const rows = this.#events.get(paymentId) ?? [];
    return rows.filter(([seq]) => seq <= seqMax).map(([, , at, , type, body]) => ({ type, body, at }));
  }

  /** The newest rows of a subject, newest first, and whether a payment was touched after each: the journal's query of check-ins. */
  protected newestOf(subject: string, limit: number): { body: string; at: number; touched: 0 | 1 }[] {
    const rows = (this.#events.get(subject) ?? []).slice(-limit).toReversed();
    return rows.map(([seq, , at, , , body]) => ({ body, at, touched: this.#touchedSeq > seq ? 1 : 0 }));
  }

  get #tail(): Tail {
    const last = this.#commits.at(-1)?.events.at(-1);
    return last ? { seq: last[0], hash: last[6] } : chainStart;
  }

  #connection(life: Life): SqliteConnection {
    return {
      run: (sql, ...values) =>
        sql.includes("refused") ? this.#takeBack(Number(values[0])) : this.#write(life, parse(values as string[])), // `writeBatch` binds three JSON texts
      all: (sql) => life.wait(this.#ask(sql)),
      script: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  async #ask(sql: string) {
    if (sql === "PRAGMA journal_mode") return [{ journal_mode: "wal" }];
    if (sql.startsWith("SELECT DISTINCT subject") || sql.startsWith("\n  SELECT subject")) return [];
    if (sql === "PRAGMA synchronous") return [{ synchronous: this.#isWeak ? 1 : 2 }];
    if (sql !== "PRAGMA wal_checkpoint(FULL)") throw new Error(`this file cannot ${sql}`);
    await this.#unlessItHangs();
    if (this.trouble) throw new SqliteFailure("SQLITE_IOERR", "the disk reports errors");
    this.#synced = this.#commits.length;
    return [{ busy: 0 }];
  }

  async #write(life: Life, commit: Commit): Promise<void> {
    const types = commit.events.map(([, , , , type]) => type);
    this.onWriting(types);
    if (!life.survives({ at: "write", phase: "before", types })) return never();
    await life.wait(this.#world.sleep(this.writeMs));
    if (this.trouble === "hangs") await life.wait(this.#unlessItHangs());
    if (this.trouble === "full") throw new SqliteFailure("SQLITE_FULL", "the disk is full");
    if (this.trouble === "gone") throw new SqliteFailure("SQLITE_IOERR", "no such disk");
    this.#check(commit);
    this.#ghost = undefined;
    if (this.trouble === "syncFails") {
      this.#ghost = commit;
      throw new SqliteFailure("SQLITE_IOERR_FSYNC", "the sync failed");
    }
    this.#add(commit);
    this.#isWeak = this.weakens;
    if (!life.survives({ at: "write", phase: "written", types })) return never();
    if (this.#synced === this.#commits.length - 1) this.#synced += 1;
    if (!life.survives({ at: "write", phase: "synced", types })) return never();
  }

  async #unlessItHangs(): Promise<void> {
    while (this.trouble === "hangs") await this.#world.sleep(hangLookMs);
  }

  /** A row of a payment, counted from its first, is changed in the file: who knows by what. */
  damage(paymentId: string, row: number, change: (stored: DamagedRow) => DamagedRow): void {
    const rows = this.#events.get(paymentId);
    const stored = rows?.[row];
    if (!rows || !stored) return;
    const [seq, previous, at, subject, type, body, hash] = stored;
    const changed = change({ type, body, at });
    // What is in the column may be anything.
    rows[row] = [seq, previous, changed.at as number, subject, changed.type, changed.body, hash];
  }

  /** Rows of a refused commit that has turned up are taken out again. */
  async #takeBack(seq: number): Promise<void> {
    if (this.trouble) throw new SqliteFailure("SQLITE_IOERR", "the disk reports errors");
    this.keep(this.#commits.filter(({ events }) => (events.at(-1)?.[0] ?? 0) <= seq).length);
  }

  #check({ events, refunds }: Commit): void {
    if (events[0]?.[1] !== this.#tail.seq) throw new SqliteFailure("SQLITE_CONSTRAINT", "the file ends elsewhere");
    if (refunds.some(([refundId]) => this.refunds.has(refundId)))
      throw new SqliteFailure("SQLITE_CONSTRAINT", "a refund id is used twice");
  }

  #add(commit: Commit): void {
    this.#commits.push(commit);
    for (const event of commit.events) this.#addEvent(event);
    for (const payment of commit.payments) this.rows.set(payment[0], rowOf(payment));
    for (const [refundId, paymentId] of commit.refunds) this.refunds.set(refundId, paymentId);
    const [first] = commit.events;
    if (first)
      this.onWritten(
        commit.events.map(([, , , , type]) => type),
        first[3],
      );
  }

  #addEvent(stored: StoredEvent): void {
    const [, , at, subject, type, body] = stored;
    put(this.#events, subject, stored);
    if (otherSubjects.includes(subject)) return;
    this.#touchedSeq = stored[0];
    const event = { ...(JSON.parse(body) as object), type, at } as RecordedEvent; // written from this very type
    put(this.payments, subject, event);
  }
}

/** How soon a disk that hung is noticed to be well again. */
const hangLookMs = 250;

function put<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

function parse(texts: readonly string[]): Commit {
  const [events, payments, refunds] = texts.map((text) => JSON.parse(text) as unknown);
  return { events, payments, refunds } as Commit; // as `writeBatch` wrote it
}

function rowOf([, saleId, reference, receiptNumber, state, open, startedAt]: StoredPayment): PaymentRow {
  return {
    saleId,
    reference,
    state,
    open: open === 1,
    startedAt,
    refundIds: [],
    ...(receiptNumber !== null && { receiptNumber }),
  };
}
