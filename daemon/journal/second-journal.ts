import { mkdir, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Logger } from "../log/logger.ts";
import { type IndexEntry, writeBatch } from "./batch.ts";
import { beginsWith, copyRest, copyWhole, giveRest, putAside, rowsBehind } from "./catch-up.ts";
import type { ChainedRow, Tail } from "./chain.ts";
import { checkWhole } from "./damage.ts";
import { codeOf, describe, isDamage, JournalFailure } from "./health.ts";
import { type JournalPaths, journalPaths, type OpenFile, openForReading, openForWriting } from "./journal-file.ts";
import { JournalLocked, type Lock, takeLock } from "./lock.ts";
import type { Connection } from "./sqlite.ts";

interface SecondJournalOptions {
  /** Its parent is never made: a disk that is not there must not become a folder on the first one. */
  readonly folder: string;
  readonly paths: JournalPaths;
  readonly now: () => number;
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
export class SecondJournal {
  readonly #options: SecondJournalOptions;
  readonly #paths: JournalPaths;
  #lock: Lock | undefined;
  /** Open only while it ends where the first journal ends. */
  #connection: Connection | undefined;
  #notice: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #joining: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SecondJournalOptions) {
    this.#options = options;
    this.#paths = journalPaths(options.folder);
  }

  /** Why the second journal is not up to date, for a person; undefined when it is. */
  get notice(): string | undefined {
    return this.#notice;
  }

  /** With each commit of the first journal. Never rejects. */
  async follow(rows: readonly ChainedRow[], index: readonly IndexEntry[]): Promise<void> {
    if (this.#connection === undefined) return;
    try {
      await writeBatch(this.#connection, rows, index);
    } catch (error) {
      await this.#lose(error);
      this.#options.log.error("the second journal could not be written", { code: codeOf(error) });
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
      log.warn("the second journal is not kept", { code: codeOf(error) });
    }
  }

  /**
   * For a first journal that is gone, damaged, or was replaced by an earlier copy: gives it all that the second knows. `end`: where
   * the first ends, undefined when it cannot be read. Returns how the first was brought back, or undefined when there is nothing to give.
   */
  async giveBack(end: Tail | undefined): Promise<{ readonly aside: string | undefined } | undefined> {
    const { paths, now, log } = this.#options;
    const source = await this.#openToGive().catch((error: unknown) => {
      log.warn("the second journal cannot be read", { code: codeOf(error) });
      return undefined;
    });
    if (source === undefined) return undefined;
    try {
      if (end !== undefined && !(await isAhead(source, end))) return undefined;
      await checkWhole(source);
      if (end === undefined) {
        const aside = await copyWhole(source, paths, now());
        return { aside: aside && basename(aside) };
      }
      await giveRest(source, paths, end);
      return { aside: undefined };
    } catch (error) {
      log.error("the second journal could not be copied", { code: codeOf(error) });
      return undefined;
    } finally {
      await source.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#joining;
    await this.#connection?.close().catch(() => undefined);
    await this.#lock?.release();
  }

  async #lose(reason: unknown): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
    this.#says(`the second journal is not kept: ${describe(reason)}`);
    this.#again(isMendable(reason) ? 0 : retryMs);
  }

  #again(afterMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#options.between(() => this.join()), afterMs).unref();
  }

  #says(notice: string | undefined): void {
    if (notice === this.#notice) return;
    this.#notice = notice;
    this.#options.onChange();
  }

  /** Where the second ends, when more is missing than anybody should wait for; otherwise it is up to date. */
  async #catchUp(): Promise<Tail | undefined> {
    await this.#own();
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
    this.#says(await this.#sameDisk());
  }

  async #joinLater(end: Tail): Promise<void> {
    this.#says("the second journal is being written");
    const { paths, between } = this.#options;
    try {
      await this.#copyFar(await openSource(paths), end);
      this.#again(0);
    } catch (error) {
      await between(() => this.#lose(error));
    }
  }

  /** Takes over `source`. */
  async #copyFar(source: Connection, end: Tail): Promise<void> {
    const { now } = this.#options;
    try {
      if (end.seq > 0) return await giveRest(source, this.#paths, end);
      // Nothing stands in it yet.
      await rm(this.#paths.folder, { recursive: true, force: true });
      await copyWhole(source, this.#paths, now());
    } finally {
      await source.close();
    }
  }

  /** One that is damaged, or is not a beginning of the first, is kept aside and made anew. */
  async #openOrPutAside(source: Connection): Promise<OpenFile> {
    const file = await openForWriting(this.#paths).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (file !== undefined && file.brokenAt === undefined && (await beginsWith(source, file.tail))) return file;
    await file?.connection.close();
    await putAside(this.#paths, this.#options.now());
    return openForWriting(this.#paths);
  }

  /** Undefined when there is none. */
  async #openToGive(): Promise<Connection | undefined> {
    await this.#own();
    const isThere = await stat(this.#paths.database).catch(() => undefined);
    if (isThere === undefined) return undefined;
    const { connection, brokenAt, tail } = await openForWriting(this.#paths);
    await connection.close();
    if (brokenAt !== undefined) throw new JournalFailure("CHAIN_BROKEN");
    return tail.seq === 0 ? undefined : openSource(this.#paths);
  }

  async #own(): Promise<void> {
    const { folder } = this.#options;
    if (!(await isFolder(dirname(folder)))) throw new JournalFailure("SECOND_MISSING");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (this.#lock !== undefined && (await this.#lock.held())) return;
    await this.#lock?.release().catch(() => undefined);
    this.#lock = undefined;
    this.#lock = await takeLock(folder).catch((error: unknown) => {
      throw error instanceof JournalLocked ? new JournalFailure("SECOND_TAKEN") : error;
    });
  }

  /** Words when both journals would go with the same disk. */
  async #sameDisk(): Promise<string | undefined> {
    const [first, second] = await Promise.all([stat(this.#options.paths.dataDir), stat(this.#options.folder)]);
    return first.dev === second.dev ? "the second journal is on the same disk as the first" : undefined;
  }
}

async function isAhead(source: Connection, end: Tail): Promise<boolean> {
  return (await beginsWith(source, end)) && (await rowsBehind(source, end, 1)) > 0;
}

/** What joining again cures at once. */
function isMendable(error: unknown): boolean {
  return ["SECOND_BEHIND", "DIVERGED"].includes(codeOf(error));
}

async function openSource({ database }: JournalPaths): Promise<Connection> {
  const connection = await openForReading(database);
  if (connection === undefined) throw new JournalFailure("SECOND_BEHIND");
  return connection;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
