import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { withDeadline } from "../../deadline.ts";
import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import type { World } from "../../world.ts";
import type { Replica } from "../live/committer.ts";
import type { RestoreSource } from "../repair/opening.ts";
import { quarantine } from "../repair/quarantine.ts";
import { type IndexEntry, writeBatch } from "../rows/batch.ts";
import type { ChainedRow, Tail } from "../rows/chain.ts";
import { type OpenFile, openForWriting } from "../rows/open-for-writing.ts";
import type { SqliteConnection } from "../sqlite/connection.ts";
import { describe, isDamage, JournalFailure } from "../sqlite/failure.ts";
import type { JournalPaths } from "../sqlite/paths.ts";
import { isPrefix, appendMissing, copyWhole, appendMissingTo, openSource, countRowsAfter } from "./copy.ts";
import { MirrorFolder } from "./mirror-folder.ts";
import { restore } from "./restore.ts";
import { type UnknownRows, unknownRows } from "./unknown-rows.ts";

interface MirrorOptions {
  /** Its parent is never made: a disk that is not there must not become a folder on the first one. */
  readonly folder: string;
  /** The first journal. */
  readonly paths: JournalPaths;
  readonly world: Pick<World, "now" | "sleep">;
  readonly log: Logger;
  /** It was lost, or works again. */
  readonly onChange: () => void;
  /** Runs work while nothing is committed. */
  readonly exclusive: (work: () => Promise<void>) => Promise<void>;
  /** A second journal that is no copy of the first was put aside, with rows that the first does not know. */
  readonly onPutAside: (unknown: UnknownRows, aside: string) => void;
}

/** More than these are copied while the till goes on, at most these while commits wait: a tenth of a second. */
const rowsWaitedForMax = 5000;
/** A sale waits no longer for the second disk. */
const hangMs = 2000;
/** A disk that comes back is noticed within seconds, and one that is gone costs nothing. */
const retryMs = 10_000;

/**
 * The same journal once more, on another disk. Each commit goes there when it is safe in the first, and before it is acknowledged, so
 * the second never knows more than the first unless the first has lost something. When it cannot be written the till goes on
 * without it, says so, and brings it up to date as soon as it can.
 */
export class Mirror implements Replica, RestoreSource {
  readonly #options: MirrorOptions;
  readonly #folder: MirrorFolder;
  /** Open only while it ends where the first journal ends. */
  #connection: SqliteConnection | undefined;
  #notice: string | undefined;
  #asideNotice: string | undefined;
  /** Ends the wait for the next try. */
  #waiting: AbortController | undefined;
  #resyncing: Promise<void> = Promise.resolve();
  /** What a disk that hangs has not ended yet. Each holds one of the few threads that wait for disks: none is added to it. */
  #hanging: Promise<unknown> = Promise.resolve();
  /** A try that was given up must not open what a later one has opened. */
  #tries = 0;
  #closed = false;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#folder = new MirrorFolder(options.folder);
  }

  /** Why the second journal is not up to date, for a person; undefined when it is. */
  get notice(): string | undefined {
    const told = [this.#asideNotice, this.#notice].filter((notice) => notice !== undefined);
    return told.length === 0 ? undefined : told.join("; ");
  }

  async replicate(rows: readonly ChainedRow[], index: readonly IndexEntry[]): Promise<void> {
    if (this.#connection === undefined) return;
    try {
      await this.#inTime(writeBatch(this.#connection, rows, index));
    } catch (error) {
      await this.#disconnect(error);
      this.#options.log.error("the second journal could not be written", { code: errorCode(error) });
    }
  }

  /** Brings it up to date, and keeps it so. While it is far behind, that goes on after this has resolved. Never rejects. */
  async resync(): Promise<void> {
    const { log } = this.#options;
    try {
      const far = await this.#inTime(this.#catchUp((this.#tries += 1)));
      if (far !== undefined) this.#resyncing = this.#resyncLater(far);
    } catch (error) {
      await this.#disconnect(error);
      log.warn("the second journal is not kept", { code: errorCode(error) });
    }
  }

  restore(end: Tail | undefined): Promise<{ readonly aside: string | undefined } | undefined> {
    return restore(this.#folder, this.#options, end, (work) => this.#inTime(work));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting?.abort();
    // A try that has begun ends first, or it would open again what is closed here.
    await this.#options.exclusive(async () => undefined);
    await this.#resyncing;
    await this.#hanging;
    await this.#connection?.close().catch(() => undefined);
    await this.#folder.release();
  }

  async #disconnect(reason: unknown): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#tries += 1;
    const closing = connection?.close().catch(() => undefined);
    if (errorCode(reason) === "HANGS") this.#hanging = Promise.allSettled([this.#hanging, closing]);
    else await closing;
    this.#setNotice(`the second journal is not kept: ${describe(reason)}`);
    void this.#scheduleRetry(isCuredByResync(reason) ? 0 : retryMs);
  }

  async #scheduleRetry(afterMs: number): Promise<void> {
    if (this.#closed) return;
    this.#waiting?.abort();
    const { signal } = (this.#waiting = new AbortController());
    await this.#options.world.sleep(afterMs, signal);
    await this.#hanging;
    if (!signal.aborted) await this.#options.exclusive(() => this.resync());
  }

  /** As `work`, or rejects with `HANGS`: the first disk's commits wait meanwhile. */
  async #inTime<Value>(work: Promise<Value>): Promise<Value> {
    return withDeadline(this.#options.world, hangMs, work, () => {
      this.#hanging = Promise.allSettled([this.#hanging, work]);
      throw new JournalFailure("HANGS");
    });
  }

  #setNotice(notice: string | undefined): void {
    if (notice === this.#notice) return;
    this.#notice = notice;
    this.#options.onChange();
  }

  /** Where the second ends, when more is missing than commits should wait for; otherwise it is up to date. */
  async #catchUp(attempt: number): Promise<Tail | undefined> {
    await this.#folder.acquireLock();
    const source = await openSource(this.#options.paths);
    try {
      const file = await this.#openOrQuarantine(source);
      const { tail } = file;
      if ((await countRowsAfter(source, tail, rowsWaitedForMax + 1)) <= rowsWaitedForMax) {
        await this.#finish(source, file, attempt);
        return undefined;
      }
      await file.connection.close();
      return tail;
    } finally {
      await source.close();
    }
  }

  async #finish(source: SqliteConnection, { connection, tail }: OpenFile, attempt: number): Promise<void> {
    try {
      await appendMissing(source, connection, tail);
    } catch (error) {
      await connection.close();
      throw error;
    }
    const isSameDisk = await this.#folder.isOnDiskOf(this.#options.paths.dataDir);
    if (attempt !== this.#tries) {
      await connection.close();
      throw new JournalFailure("HANGS");
    }
    this.#connection = connection;
    this.#setNotice(isSameDisk ? "the second journal is on the same disk as the first" : undefined);
  }

  async #resyncLater(end: Tail): Promise<void> {
    this.#setNotice("the second journal is being written");
    const { paths, exclusive } = this.#options;
    try {
      await this.#copyInBackground(await openSource(paths), end);
      void this.#scheduleRetry(0);
    } catch (error) {
      await exclusive(() => this.#disconnect(error));
    }
  }

  /** Takes over `source`. */
  async #copyInBackground(source: SqliteConnection, end: Tail): Promise<void> {
    const { paths } = this.#folder;
    try {
      if (end.seq > 0) return await appendMissingTo(source, paths, end);
      // Nothing stands in it yet.
      await rm(paths.folder, { recursive: true, force: true });
      await copyWhole(source, paths, this.#options.world.now());
    } finally {
      await source.close();
    }
  }

  /** One that is damaged, or is not a beginning of the first, is kept aside and made anew. */
  async #openOrQuarantine(source: SqliteConnection): Promise<OpenFile> {
    const { paths } = this.#folder;
    const file = await openForWriting(paths).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (file !== undefined && file.brokenAt === undefined && (await isPrefix(source, file.tail))) return file;
    const unknown = file && (await unknownRows(file.connection, source).catch(() => undefined));
    await file?.connection.close();
    const aside = await quarantine(paths, this.#options.world.now());
    if (unknown !== undefined && unknown.rows > 0 && aside !== undefined) this.#tellAside(unknown, basename(aside));
    return openForWriting(paths);
  }

  #tellAside(unknown: UnknownRows, aside: string): void {
    this.#asideNotice = `the second journal held ${unknown.rows} rows that the first does not know, and is kept aside in ${aside}`;
    this.#options.log.error(this.#asideNotice, { payments: unknown.payments.length });
    this.#options.onPutAside(unknown, aside);
    this.#options.onChange();
  }
}

/** What joining again cures at once. */
function isCuredByResync(error: unknown): boolean {
  return ["SECOND_BEHIND", "DIVERGED"].includes(errorCode(error));
}
