import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import { SerialQueue } from "../../serial-queue.ts";
import type { World } from "../../world.ts";
import type { ChainedRow, Tail } from "../rows/chain.ts";
import { isDamage, journalFailed, JournalFailure, journalInDoubt } from "../sqlite/failure.ts";
import type { Committer, CommitGroup } from "./committer.ts";

interface Waiting extends CommitGroup {
  resolve(rows: readonly ChainedRow[]): void;
  reject(error: unknown): void;
}

export interface WriterOptions {
  /** The journal now durably ends here. */
  readonly onCommit: (tail: Tail) => void;
  /** Writing showed that the file is damaged. */
  readonly onDamage: (error: unknown) => void;
  /** Writing has failed, or works again. */
  readonly onFailure?: () => void;
  /** A commit hangs: the calls that wait for it are to be answered now. */
  readonly onHang?: (error: unknown) => void;
  /** For noticing a disk that hangs; without it nobody does. */
  readonly world?: Pick<World, "sleep">;
  readonly log: Logger;
}

/** One commit must not keep the next sale waiting on a slow disk. */
const groupsPerCommitMax = 500;
/** Slower than any disk that works, and told to the page within five seconds. */
export const hangMs = 3000;
/** What memory holds while a disk does not answer; then writes are refused. */
const waitingMax = 10_000;

/**
 * The queue before the one connection that writes. All that wait when the disk is free become one commit with one sync, in
 * the order of the calls. A failed commit fails all that wait: none of them may be believed.
 */
export class Writer {
  readonly #committer: Committer;
  readonly #onCommit: (tail: Tail) => void;
  readonly #onDamage: (error: unknown) => void;
  readonly #onFailure: () => void;
  readonly #onHang: (error: unknown) => void;
  readonly #world: Pick<World, "sleep"> | undefined;
  readonly #log: Logger;
  readonly #turns = new SerialQueue();
  /** Ids of what was refused and may turn up in the file all the same: only the next commit settles it. */
  readonly #idsInDoubt = new Set<string>();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  /** The commit that is being written does not end. */
  #hanging = false;
  #closed = false;

  constructor(committer: Committer, { onCommit, onDamage, onFailure, onHang, world, log }: WriterOptions) {
    this.#committer = committer;
    this.#onCommit = onCommit;
    this.#onDamage = onDamage;
    this.#onFailure = onFailure ?? (() => undefined);
    this.#onHang = onHang ?? (() => undefined);
    this.#world = world;
    this.#log = log;
  }

  /** Why the last commit failed; undefined when it did not. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The commit that is being written does not end. */
  get isHanging(): boolean {
    return this.#hanging;
  }

  /** The last row that counts in this life; before the first write all that is in the file does. */
  get lastSeq(): number {
    return this.#committer.tail?.seq ?? Number.MAX_SAFE_INTEGER;
  }

  /** Whether a write about this payment, refund, sale or receipt was refused and may still turn up, so that nothing can be said of it. */
  inDoubt(id: string): boolean {
    return this.#idsInDoubt.has(id);
  }

  /** Resolves with the rows when they are durable; rejects with `JOURNAL_FAILED`. */
  append(group: CommitGroup): Promise<readonly ChainedRow[]> {
    if (this.#closed) return Promise.reject(journalFailed(new JournalFailure("CLOSED")));
    if (this.#hanging) return Promise.reject(journalFailed(new JournalFailure("HANGS")));
    if (this.#waiting.length >= waitingMax) return Promise.reject(journalFailed(new JournalFailure("BACKLOG")));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...group, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Runs work while nothing is committed: calls of the committer must not overlap. */
  exclusive<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#turns.run(work);
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.#turns.idle();
    await this.#committer.close();
  }

  async #flush(): Promise<void> {
    // Calls of the same moment go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0, groupsPerCommitMax));
    }
    // In the same turn as the last look at the queue: a later call starts anew.
    this.#flushing = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      this.#acknowledge(batch, await this.exclusive(() => this.#commitWatched(batch)));
    } catch (error) {
      await this.#rejectAll(batch, error);
    }
  }

  /** The first time a file is opened it may have to be mended, which takes as long as it takes. */
  async #commitWatched(batch: readonly Waiting[]): Promise<readonly (readonly ChainedRow[])[]> {
    const ended = new AbortController();
    if (this.#committer.tail !== undefined) void this.#tellHang(batch, ended.signal);
    try {
      return await this.#committer.commit(batch);
    } finally {
      ended.abort();
      this.#hanging = false;
    }
  }

  /** What waits behind a commit that hangs was surely not written; of the commit itself nothing is known until it ends. */
  async #tellHang(batch: readonly Waiting[], ended: AbortSignal): Promise<void> {
    await this.#world?.sleep(hangMs, ended);
    if (this.#world === undefined || ended.aborted) return;
    const error = new JournalFailure("HANGS");
    this.#hanging = true;
    for (const id of batch.flatMap(idsOf)) this.#idsInDoubt.add(id);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(journalFailed(error));
    this.#log.error("the journal's disk hangs", {});
    this.#setFailure(error);
    this.#onHang(error);
  }

  #acknowledge(batch: readonly Waiting[], rows: readonly (readonly ChainedRow[])[]): void {
    this.#idsInDoubt.clear();
    this.#setFailure(undefined);
    const { tail } = this.#committer;
    if (tail !== undefined) this.#onCommit(tail);
    for (const [place, waiting] of batch.entries()) waiting.resolve(rows[place] ?? []);
  }

  #setFailure(error: unknown): void {
    if (this.#failure === error) return;
    this.#failure = error;
    this.#onFailure();
  }

  async #rejectAll(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (errorCode(error) === "SQLITE_CONSTRAINT") {
      if (batch.length === 1) batch[0]?.reject(usedTwice());
      // The database took all back because of one of them: the others are not to blame. Still one after the other.
      else for (const waiting of batch) await this.#commit([waiting]);
      return;
    }
    const { mayTurnUp } = this.#committer;
    if (mayTurnUp) for (const id of batch.flatMap(idsOf)) this.#idsInDoubt.add(id);
    this.#setFailure(error);
    if (isDamage(error)) this.#onDamage(error);
    this.#log.error("the journal could not be written", { code: errorCode(error) });
    for (const waiting of batch) waiting.reject(mayTurnUp ? journalInDoubt(error) : journalFailed(error));
    for (const waiting of this.#waiting.splice(0)) waiting.reject(journalFailed(error));
  }
}

/** What a caller may ask about it by. */
function idsOf({ index }: CommitGroup): readonly string[] {
  if (index === undefined) return [];
  const { paymentId, saleId, receiptNumber, refundIds } = index;
  return [paymentId, saleId, ...refundIds, ...(receiptNumber === undefined ? [] : [receiptNumber])];
}

/** Of our own making, and not the disk's: an id or reference was used twice. */
function usedTwice(): Error {
  return new Error("assertion failed: a reference or refund id is journaled once");
}
