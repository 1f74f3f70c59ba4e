import { rm } from "node:fs/promises";
import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import type { World } from "../../world.ts";
import type { Replica } from "../live/committer.ts";
import type { RestoreSource } from "../repair/opening.ts";
import { putAside } from "../repair/quarantine.ts";
import { type IndexEntry, writeBatch } from "../rows/batch.ts";
import type { ChainedRow, Tail } from "../rows/chain.ts";
import { type OpenFile, openForWriting } from "../rows/open-for-writing.ts";
import type { Connection } from "../sqlite/connection.ts";
import { describe, isDamage } from "../sqlite/failure.ts";
import type { JournalPaths } from "../sqlite/paths.ts";
import { beginsWith, copyRest, copyWhole, giveRest, openSource, rowsBehind } from "./copy.ts";
import { MirrorFolder } from "./mirror-folder.ts";
import { restore } from "./restore.ts";

interface SecondJournalOptions {
  /** Its parent is never made: a disk that is not there must not become a folder on the first one. */
  readonly folder: string;
  /** The first journal. */
  readonly paths: JournalPaths;
  readonly world: Pick<World, "now" | "sleep">;
  readonly log: Logger;
  /** It was lost, or works again. */
  readonly onChange: () => void;
  /** Runs work while nothing is committed. */
  readonly between: (work: () => Promise<void>) => Promise<void>;
}

/** More than these are copied while the till goes on, at most these while commits wait: a tenth of a second. */
const rowsWaitedFor = 5000;
const retryMs = 10_000;

/**
 * The same journal once more, on another disk. Each commit goes there when it is safe in the first, and before anybody is told, so
 * the second never knows more than the first unless the first has lost something. When it cannot be written the till goes on
 * without it, says so, and brings it up to date as soon as it can.
 */
export class SecondJournal implements Replica, RestoreSource {
  readonly #options: SecondJournalOptions;
  readonly #folder: MirrorFolder;
  /** Open only while it ends where the first journal ends. */
  #connection: Connection | undefined;
  #notice: string | undefined;
  /** Ends the wait for the next try. */
  #waiting: AbortController | undefined;
  #joining: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SecondJournalOptions) {
    this.#options = options;
    this.#folder = new MirrorFolder(options.folder);
  }

  /** Why the second journal is not up to date, for a person; undefined when it is. */
  get notice(): string | undefined {
    return this.#notice;
  }

  async follow(rows: readonly ChainedRow[], index: readonly IndexEntry[]): Promise<void> {
    if (this.#connection === undefined) return;
    try {
      await writeBatch(this.#connection, rows, index);
    } catch (error) {
      await this.#lose(error);
      this.#options.log.error("the second journal could not be written", { code: errorCode(error) });
    }
  }

  /** Brings it up to date, and keeps it so. While it is far behind, that goes on after this has resolved. Never rejects. */
  async join(): Promise<void> {
    const { log } = this.#options;
    try {
      const far = await this.#catchUp();
      if (far !== undefined) this.#joining = this.#joinLater(far);
    } catch (error) {
      await this.#lose(error);
      log.warn("the second journal is not kept", { code: errorCode(error) });
    }
  }

  giveBack(end: Tail | undefined): Promise<{ readonly aside: string | undefined } | undefined> {
    return restore(this.#folder, this.#options, end);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting?.abort();
    // A try that has begun ends first, or it would open again what is closed here.
    await this.#options.between(async () => undefined);
    await this.#joining;
    await this.#connection?.close().catch(() => undefined);
    await this.#folder.release();
  }

  async #lose(reason: unknown): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
    this.#says(`the second journal is not kept: ${describe(reason)}`);
    void this.#again(isMendable(reason) ? 0 : retryMs);
  }

  async #again(afterMs: number): Promise<void> {
    if (this.#closed) return;
    this.#waiting?.abort();
    const { signal } = (this.#waiting = new AbortController());
    await this.#options.world.sleep(afterMs, signal);
    if (!signal.aborted) await this.#options.between(() => this.join());
  }

  #says(notice: string | undefined): void {
    if (notice === this.#notice) return;
    this.#notice = notice;
    this.#options.onChange();
  }

  /** Where the second ends, when more is missing than anybody should wait for; otherwise it is up to date. */
  async #catchUp(): Promise<Tail | undefined> {
    await this.#folder.own();
    const source = await openSource(this.#options.paths);
    try {
      const file = await this.#openOrPutAside(source);
      const { tail } = file;
      if ((await rowsBehind(source, tail, rowsWaitedFor + 1)) <= rowsWaitedFor) {
        await this.#finish(source, file);
        return undefined;
      }
      await file.connection.close();
      return tail;
    } finally {
      await source.close();
    }
  }

  async #finish(source: Connection, { connection, tail }: OpenFile): Promise<void> {
    try {
      await copyRest(source, connection, tail);
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#connection = connection;
    const isSameDisk = await this.#folder.isOnDiskOf(this.#options.paths.dataDir);
    this.#says(isSameDisk ? "the second journal is on the same disk as the first" : undefined);
  }

  async #joinLater(end: Tail): Promise<void> {
    this.#says("the second journal is being written");
    const { paths, between } = this.#options;
    try {
      await this.#copyFar(await openSource(paths), end);
      void this.#again(0);
    } catch (error) {
      await between(() => this.#lose(error));
    }
  }

  /** Takes over `source`. */
  async #copyFar(source: Connection, end: Tail): Promise<void> {
    const { paths } = this.#folder;
    try {
      if (end.seq > 0) return await giveRest(source, paths, end);
      // Nothing stands in it yet.
      await rm(paths.folder, { recursive: true, force: true });
      await copyWhole(source, paths, this.#options.world.now());
    } finally {
      await source.close();
    }
  }

  /** One that is damaged, or is not a beginning of the first, is kept aside and made anew. */
  async #openOrPutAside(source: Connection): Promise<OpenFile> {
    const { paths } = this.#folder;
    const file = await openForWriting(paths).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (file !== undefined && file.brokenAt === undefined && (await beginsWith(source, file.tail))) return file;
    await file?.connection.close();
    await putAside(paths, this.#options.world.now());
    return openForWriting(paths);
  }
}

/** What joining again cures at once. */
function isMendable(error: unknown): boolean {
  return ["SECOND_BEHIND", "DIVERGED"].includes(errorCode(error));
}
