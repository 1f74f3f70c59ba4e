import { mkdir, stat } from "node:fs/promises";
import type { Logger } from "../log/logger.ts";
import { writeAnchor } from "./anchor.ts";
import { copyAside } from "./aside.ts";
import { type Entry, entryOf, journalSubject } from "./chain.ts";
import { checkMarked, clearMark } from "./damage.ts";
import { type Finding, findings, type Origin } from "./findings.ts";
import { codeOf, isDamage, JournalFailure } from "./health.ts";
import { type JournalPaths, type OpenFile, openForWriting } from "./journal-file.ts";
import { type Lock, takeLock } from "./lock.ts";
import { finishReplacing, replaceDamaged } from "./replace.ts";
import type { SecondJournal } from "./second-journal.ts";

interface OpeningOptions {
  readonly paths: JournalPaths;
  readonly version: string;
  readonly now: () => number;
  readonly log: Logger;
  readonly second?: Pick<SecondJournal, "giveBack"> | undefined;
}

/**
 * Opens the file for the writer. What is wrong with the file is dealt with only at the first open: later, the memory of this
 * process counts on what the file holds, and only a restart may replace it.
 */
export class JournalOpening {
  readonly #options: OpeningOptions;
  #lock: Lock | undefined;
  #opened = false;
  #findings: readonly Finding[] = [];

  constructor(options: OpeningOptions) {
    this.#options = options;
  }

  /** What a person should know about the journal although it works. */
  get notice(): string | undefined {
    return this.#findings.length === 0 ? undefined : this.#findings.map(({ notice }) => notice).join("; ");
  }

  /** Rejects with `JournalLocked`, `JournalNewer`, or a failure whose code says what is wrong. */
  async open(): Promise<Pick<OpenFile, "connection" | "tail">> {
    await this.#own();
    const file = this.#opened ? await openForWriting(this.#options.paths) : await this.#openFirst();
    if (this.#opened && file.brokenAt !== undefined) {
      await file.connection.close();
      throw new JournalFailure("CHAIN_BROKEN");
    }
    this.#opened = true;
    return file;
  }

  /** The rows that begin a life of the daemon, or the row that says that writing works again. */
  rows(first: boolean): readonly Entry[] {
    if (!first) return [entryOf(journalSubject, { type: "writingAgain" })];
    const started = { type: "daemonStarted", version: this.#options.version };
    return [started, ...this.#findings.map(({ fact }) => fact)].map((fact) => entryOf(journalSubject, fact));
  }

  async release(): Promise<void> {
    await this.#lock?.release();
  }

  async #own(): Promise<void> {
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
    await this.#beginLife(file);
    return file;
  }

  /** Before the first row of this life: killed after it, the row must not look as if it came while no daemon was running. */
  async #beginLife({ anchor }: OpenFile): Promise<void> {
    if (!anchor?.clean) return;
    const { paths, log } = this.#options;
    await writeAnchor(paths.anchor, { ...anchor, clean: false }).catch((error: unknown) =>
      log.warn("the journal's anchor could not be written", { code: codeOf(error) }),
    );
  }

  async #openOrReplace(): Promise<{ file: OpenFile; origin: Origin }> {
    const { paths, now } = this.#options;
    await finishReplacing(paths);
    const isGone = !(await isFile(paths.database));
    if (isGone) {
      const given = await this.#options.second?.giveBack(undefined);
      if (given !== undefined) return { file: await openForWriting(paths), origin: { kind: "givenBack", ...given } };
    }
    const found = await openWhole(paths).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (found === undefined) {
      const given = await this.#options.second?.giveBack(undefined);
      if (given !== undefined) return { file: await openForWriting(paths), origin: { kind: "givenBack", ...given } };
      const replaced = await replaceDamaged(paths, now());
      return { file: await openForWriting(paths), origin: { kind: "replaced", ...replaced } };
    }
    if (found.brokenAt === undefined) return this.#compared(found);
    await found.connection.close();
    const copy = await copyAside(paths, now());
    return { file: await openForWriting(paths), origin: { kind: "broken", row: found.brokenAt, copy } };
  }

  /** A first journal that ends before the second does has lost what it once held. */
  async #compared(found: OpenFile): Promise<{ file: OpenFile; origin: Origin }> {
    const given = await this.#options.second?.giveBack(found.tail);
    if (given === undefined) return { file: found, origin: { kind: "found" } };
    await found.connection.close();
    return { file: await openForWriting(this.#options.paths), origin: { kind: "givenBack", ...given } };
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
    await checkMarked(paths, file.connection);
    return file;
  } catch (error) {
    await file.connection.close();
    throw error;
  }
}
