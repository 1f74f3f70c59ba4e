import type { World } from "../../world.ts";
import { JournalFailure, journalInDoubt } from "../sqlite/failure.ts";

/** As long as reading takes on a till that is busy. */
const lateMs = 1000;

/**
 * Calls that may wait for the journal's disk. While it hangs none waits with it: each is answered that it is not known what becomes
 * of it. What it has begun goes on when the disk does, and is told then.
 */
export class AnswersInTime {
  readonly #world: Pick<World, "sleep">;
  readonly #isHanging: () => boolean;
  readonly #waiting = new Set<(error: unknown) => void>();

  constructor(world: Pick<World, "sleep">, isHanging: () => boolean) {
    this.#world = world;
    this.#isHanging = isHanging;
  }

  /** Answers as `work` does, or with `JOURNAL_FAILED` when the disk hangs. */
  answer<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      if (this.#isHanging()) void this.#rejectLate(reject);
      void work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /** The disk hangs. */
  hang(error: unknown): void {
    for (const reject of this.#waiting) reject(journalInDoubt(error));
    this.#waiting.clear();
  }

  async #rejectLate(reject: (error: unknown) => void): Promise<void> {
    await this.#world.sleep(lateMs);
    if (!this.#waiting.delete(reject)) return;
    reject(journalInDoubt(new JournalFailure("HANGS")));
  }
}
