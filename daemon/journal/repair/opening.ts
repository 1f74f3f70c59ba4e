import { mkdir, stat } from "node:fs/promises";
import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import { writeAnchor } from "../rows/anchor.ts";
import { type JournalEntry, entryOf, journalSubject, type Tail } from "../rows/chain.ts";
import { type OpenFile, openForWriting } from "../rows/open-for-writing.ts";
import { checkWholeIfMarked, clearMark } from "../sqlite/damage-mark.ts";
import { isDamage, JournalFailure } from "../sqlite/failure.ts";
import { type Lock, takeLock } from "../sqlite/lock.ts";
import type { JournalPaths } from "../sqlite/paths.ts";
import { type JournalFinding, findings, type JournalOrigin } from "./findings.ts";
import { copyToQuarantine } from "./quarantine.ts";
import { finishReplacing, replaceDamaged } from "./replace.ts";

interface OpeningOptions {
  readonly paths: JournalPaths;
  readonly version: string;
  readonly now: () => number;
  readonly log: Logger;
  readonly mirror?: RestoreSource | undefined;
}

/** Another place that holds the same rows, for a journal that is gone, damaged, or was replaced by an earlier copy. */
export interface RestoreSource {
  /**
   * Gives the journal all that is known there. `end`: where the journal ends, undefined when it cannot be read. Returns how it was
   * brought back, or undefined when there is nothing to give.
   */
  restore(end: Tail | undefined): Promise<{ readonly aside: string | undefined } | undefined>;
}

/**
 * Opens the file for the writer. What is wrong with the file is dealt with only at the first open: later, the memory of this
 * process counts on what the file holds, and only a restart may replace it.
 */
export class JournalOpening {
  readonly #options: OpeningOptions;
  #lock: Lock | undefined;
  #opened = false;
  #findings: readonly JournalFinding[] = [];

  constructor(options: OpeningOptions) {
    this.#options = options;
  }

  /** What a person should know about the journal although it works. */
  get notice(): string | undefined {
    return this.#findings.length === 0 ? undefined : this.#findings.map(({ notice }) => notice).join("; ");
  }

  /** Rejects with `JournalLocked`, `JournalNewer`, or a failure whose code says what is wrong. */
  async open(): Promise<Pick<OpenFile, "connection" | "tail">> {
    await this.#acquireLock();
    const file = this.#opened ? await openForWriting(this.#options.paths) : await this.#openFirst();
    if (this.#opened && file.brokenAt !== undefined) {
      await file.connection.close();
      throw new JournalFailure("CHAIN_BROKEN");
    }
    this.#opened = true;
    return file;
  }

  /** The rows that begin a life of the daemon, or the row that says that writing works again. */
  rows(first: boolean): readonly JournalEntry[] {
    if (!first) return [entryOf(journalSubject, { type: "writingAgain" })];
    const started = { type: "daemonStarted", version: this.#options.version };
    return [started, ...this.#findings.map(({ fact }) => fact)].map((fact) => entryOf(journalSubject, fact));
  }

  async release(): Promise<void> {
    await this.#lock?.release();
  }

  async #acquireLock(): Promise<void> {
    const { dataDir } = this.#options.paths;
    if (this.#lock !== undefined) {
      if (!(await this.#lock.held())) throw new JournalFailure("LOCK_LOST");
      return;
    }
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    this.#lock = await takeLock(dataDir);
  }

  async #openFirst(): Promise<OpenFile> {
    const { file, origin } = await this.#openOrReplace();
    await clearMark(this.#options.paths);
    this.#findings = await findings(file, origin);
    for (const { notice, fact } of this.#findings) this.#options.log.error(notice, { fact });
    await this.#markAnchorUnclean(file);
    return file;
  }

  /** Before the first row of this life: killed after it, the row must not look as if it came while no daemon was running. */
  async #markAnchorUnclean({ anchor }: OpenFile): Promise<void> {
    if (!anchor?.clean) return;
    const { paths, log } = this.#options;
    await writeAnchor(paths.anchor, { ...anchor, clean: false }).catch((error: unknown) =>
      log.warn("the journal's anchor could not be written", { code: errorCode(error) }),
    );
  }

  async #openOrReplace(): Promise<{ file: OpenFile; origin: JournalOrigin }> {
    const { paths, now } = this.#options;
    await finishReplacing(paths);
    const isGone = !(await isFile(paths.database));
    if (isGone) {
      const restored = await this.#options.mirror?.restore(undefined);
      if (restored !== undefined)
        return { file: await openForWriting(paths), origin: { kind: "givenBack", ...restored } };
    }
    const found = await openWhole(paths).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (found === undefined) {
      const restored = await this.#options.mirror?.restore(undefined);
      if (restored !== undefined)
        return { file: await openForWriting(paths), origin: { kind: "givenBack", ...restored } };
      const replaced = await replaceDamaged(paths, now());
      return { file: await openForWriting(paths), origin: { kind: "replaced", ...replaced } };
    }
    if (found.brokenAt === undefined) return this.#compareWithMirror(found);
    await found.connection.close();
    const copy = await copyToQuarantine(paths, now());
    return { file: await openForWriting(paths), origin: { kind: "broken", row: found.brokenAt, copy } };
  }

  /** A first journal that ends before the second does has lost what it once held. */
  async #compareWithMirror(found: OpenFile): Promise<{ file: OpenFile; origin: JournalOrigin }> {
    const restored = await this.#options.mirror?.restore(found.tail);
    if (restored === undefined) return { file: found, origin: { kind: "found" } };
    await found.connection.close();
    return { file: await openForWriting(this.#options.paths), origin: { kind: "givenBack", ...restored } };
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.size > 0,
    () => false,
  );
}

/** Rejects as damaged also when damage was seen in an earlier life, and is still there. */
async function openWhole(paths: JournalPaths): Promise<OpenFile> {
  const file = await openForWriting(paths);
  try {
    await checkWholeIfMarked(paths, file.connection);
    return file;
  } catch (error) {
    await file.connection.close();
    throw error;
  }
}
