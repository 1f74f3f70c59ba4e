import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import { markDamaged } from "../sqlite/damage-mark.ts";
import type { JournalPaths } from "../sqlite/paths.ts";

/**
 * Damage in an old part of the file does not show when it is opened. Once it is seen, health says so until a restart, and a
 * mark on disk makes that restart look everywhere.
 */
export class DamageWatch {
  readonly #paths: JournalPaths;
  readonly #log: Logger;
  readonly #onDamage: () => void;
  #error: unknown;

  constructor(paths: JournalPaths, log: Logger, onSeen: () => void) {
    this.#paths = paths;
    this.#log = log;
    this.#onDamage = onSeen;
  }

  /** The damage that was seen in this life of the daemon, if any. */
  get error(): unknown {
    return this.#error;
  }

  report(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#log.error("the journal file is damaged", { code: errorCode(error) });
    this.#onDamage();
    void this.#mark();
  }

  async #mark(): Promise<void> {
    try {
      await markDamaged(this.#paths);
    } catch (error) {
      this.#log.warn("the damage could not be marked", { code: errorCode(error) });
    }
  }
}
