import { errorCode } from "../../errno.ts";
import { type IndexEntry, writeBatch } from "../rows/batch.ts";
import { chained, type ChainedRow, type JournalEntry, sameTail, type Tail } from "../rows/chain.ts";
import { takeBack } from "../rows/take-back.ts";
import { type SqliteConnection, SqliteFailure } from "../sqlite/connection.ts";
import { checkDurable } from "../sqlite/durability.ts";
import { JournalFailure } from "../sqlite/failure.ts";

/** What one call of `append` wants written. */
export interface CommitGroup {
  readonly entries: readonly JournalEntry[];
  readonly index?: IndexEntry | undefined;
}

export interface CommitterOptions {
  /** Opens the file for writing and checks it; again after every failure. `tail` is read back from the file. */
  open(): Promise<{ readonly connection: SqliteConnection; readonly tail: Tail }>;
  /** Rows to write first whenever the file was opened: `first` in this life of the daemon, or again after a failure. */
  openingRows(first: boolean): readonly JournalEntry[];
  /** The last sequence number of earlier lives, as far as is known without the file. */
  readonly seqFloor: number;
  readonly now: () => number;
  readonly mirror?: Replica | undefined;
}

/** Another place that holds the same rows. */
export interface Replica {
  /** With each commit, once it is safe in the file and before it is acknowledged. Never rejects. */
  replicate(rows: readonly ChainedRow[], index: readonly IndexEntry[]): Promise<void>;
}

/**
 * Each life of the daemon numbers from a place of its own, so that what it numbered without storing never comes again. Its start is
 * on disk before anything else; before it is, or when the disk takes nothing, numbers come from the room below, by the clock.
 */
const seqsPerEpoch = 1_000_000_000;
const seqsPerSecond = 1000;

/**
 * The end of the chain, in memory and on disk, and the one connection that moves it. Calls must not overlap. After any
 * failure the file is opened and checked again before anything is written: what a failed sync left behind is unknown.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #connection: SqliteConnection | undefined;
  /** Something was written and synced since the file was opened. */
  #durabilityProbed = false;
  #startRecorded = false;
  #lastSeq: number;
  /** The last row that the database acknowledged; undefined until the file was opened for the first time. */
  #tail: Tail | undefined;
  /** The last row of the commit that is being written, while it is not known whether it is in the file. */
  #unacknowledgedTail: Tail | undefined;
  /** Last rows of commits that were refused and may turn up in the file all the same, until another commit stands in their place. */
  readonly #refusedTails = new Set<string>();
  #mayTurnUp = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#lastSeq = this.#provisionalStart(options.seqFloor) - 1;
  }

  get tail(): Tail | undefined {
    return this.#tail;
  }

  /** Whether the rows of the commit that failed last may turn up in the file all the same. */
  get mayTurnUp(): boolean {
    return this.#mayTurnUp;
  }

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  /**
   * One commit, one sync: the rows of all groups in order. Rejects when they are not in the file, or when that cannot be
   * known now. Then they do not count in this life: the next commit takes their place, and if they turn up before it they are taken
   * out. A life that ends without another commit leaves it to the file whether they count in the next.
   */
  async commit(groups: readonly CommitGroup[]): Promise<readonly (readonly ChainedRow[])[]> {
    this.#mayTurnUp = false;
    const connection = this.#connection ?? (await this.#open());
    if (!this.#durabilityProbed) await this.#probeDurability(connection);
    const rows = this.#chain(groups);
    try {
      await this.#write(connection, rows.flat(), groups);
      return rows;
    } catch (error) {
      const expected = this.#refused(error);
      if (errorCode(error) === "SQLITE_CONSTRAINT" || !(await this.#isInFile(expected))) throw error;
      this.#refusedTails.clear();
      await this.#options.mirror?.replicate(rows.flat(), indexOf(groups));
      return rows;
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#durabilityProbed = false;
    await connection?.close().catch(() => undefined);
  }

  /** `expected`: the last row of a commit that failed just now, which counts when it is found. */
  async #open(expected?: Tail): Promise<SqliteConnection> {
    const { connection, tail } = await this.#options.open();
    if (!this.#startRecorded) this.#lastSeq = Math.max(this.#lastSeq, this.#provisionalStart(tail.seq) - 1);
    try {
      if (this.#tail === undefined) await checkpoint(connection);
      this.#tail =
        this.#tail === undefined || sameTail(tail, this.#tail)
          ? tail
          : await this.#acceptTail(connection, { found: tail, believed: this.#tail, expected });
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
    this.#connection = connection;
    return connection;
  }

  /** Lives that could not store their start come one after the other, at most a thousand numbers a second each. */
  #provisionalStart(seq: number): number {
    const seconds = Math.trunc(this.#options.now() / 1000) % (seqsPerEpoch / seqsPerSecond);
    return epochStart(seq) - seqsPerEpoch + Math.max(0, seconds) * seqsPerSecond;
  }

  /**
   * The file ends elsewhere than believed. That is right only for a commit that failed: it counts when nobody has been told yet that
   * it was refused, and is taken out when somebody was. Either once it is surely synced.
   */
  async #acceptTail(
    connection: SqliteConnection,
    { found, believed, expected }: { found: Tail; believed: Tail; expected: Tail | undefined },
  ): Promise<Tail> {
    const counts = expected !== undefined && sameTail(found, expected);
    if (!counts && !this.#refusedTails.has(nameOf(found))) throw new JournalFailure("DIVERGED");
    await checkpoint(connection);
    if (counts) return found;
    await takeBack(connection, believed);
    return believed;
  }

  /** The last row of the commit that failed, remembered as one that may turn up unless the database took it back for sure. */
  #refused(error: unknown): Tail | undefined {
    const tail = this.#unacknowledgedTail;
    this.#unacknowledgedTail = undefined;
    if (tail === undefined || surelyNotWritten.has(errorCode(error))) return undefined;
    this.#refusedTails.add(nameOf(tail));
    this.#mayTurnUp = true;
    return tail;
  }

  /** After a failed commit: reads back from the file, opened again, whether it ends with that commit. */
  async #isInFile(expected: Tail | undefined): Promise<boolean> {
    await this.close();
    await this.#open(expected).catch(() => undefined);
    if (this.#connection === undefined || this.#tail === undefined || expected === undefined) return false;
    return sameTail(this.#tail, expected);
  }

  /** The first write shows whether the disk takes anything, and whether the settings survive it. */
  async #probeDurability(connection: SqliteConnection): Promise<void> {
    const provisionalSeq = this.#lastSeq;
    if (!this.#startRecorded) this.#lastSeq = Math.max(provisionalSeq, epochStart(this.#tail?.seq ?? 0) - 1);
    const rows = this.#chain([{ entries: this.#options.openingRows(!this.#startRecorded) }]);
    const probeSeq = this.#lastSeq;
    try {
      await this.#write(connection, rows.flat(), []);
      await checkDurable(connection);
    } catch (error) {
      if (!this.#startRecorded && this.#lastSeq === probeSeq) this.#lastSeq = provisionalSeq;
      this.#refused(error);
      this.#mayTurnUp = false;
      await this.close();
      throw error;
    }
    this.#startRecorded = true;
    this.#durabilityProbed = true;
  }

  async #write(
    connection: SqliteConnection,
    rows: readonly ChainedRow[],
    groups: readonly CommitGroup[],
  ): Promise<void> {
    const last = rows.at(-1);
    if (last === undefined) return;
    this.#unacknowledgedTail = { seq: last.seq, hash: last.hash };
    await writeBatch(connection, rows, indexOf(groups));
    this.#tail = this.#unacknowledgedTail;
    this.#unacknowledgedTail = undefined;
    this.#refusedTails.clear();
    await this.#options.mirror?.replicate(rows, indexOf(groups));
  }

  #chain(groups: readonly CommitGroup[]): readonly (readonly ChainedRow[])[] {
    const at = Math.trunc(this.#options.now());
    let tail = this.#tail;
    return groups.map(({ entries }) =>
      entries.map((entry) => {
        if (tail === undefined) throw new Error("assertion failed: rows are made when the file is open");
        const row = chained(tail, this.nextSeq(), at, entry);
        tail = row;
        return row;
      }),
    );
  }
}

/** What the database says when it has not written the end of a commit: nothing of it can turn up. */
const surelyNotWritten: ReadonlySet<string> = new Set([
  "SQLITE_CONSTRAINT",
  "SQLITE_FULL",
  "SQLITE_READONLY",
  "DIVERGED",
]);

function nameOf({ seq, hash }: Tail): string {
  return `${seq} ${hash}`;
}

function indexOf(groups: readonly CommitGroup[]): readonly IndexEntry[] {
  return groups.flatMap(({ index }) => index ?? []);
}

/**
 * What is read from the write-ahead log may be in the system's memory alone, when a sync failed and the process was killed: the
 * next sync does not write it again, and a power cut then takes it and all that follows it. Copying the log into the database
 * and syncing that does.
 */
async function checkpoint(connection: SqliteConnection): Promise<void> {
  const [result] = await connection.all("PRAGMA wal_checkpoint(FULL)");
  if (result?.["busy"] !== 0) throw new SqliteFailure("SQLITE_BUSY", "the log could not be copied into the database");
}

/** Where the life after the one that used `seq` begins to number, with room for `seqsPerEpoch` below. */
function epochStart(seq: number): number {
  const lives = Math.ceil((seq + 1 - seqsPerEpoch) / (2 * seqsPerEpoch));
  return seqsPerEpoch + Math.max(0, lives) * 2 * seqsPerEpoch;
}
