import type { World } from "../../daemon/world.ts";

/** A world whose time passes only when the test says so. Ids count up; chance is what the test sets. */
export class VirtualWorld implements World {
  /** Wall clock minus monotonic clock: a test may turn the wall clock. */
  wallOffsetMs = Date.parse("2026-11-23T10:00:00Z");
  nextChance = 0.5;
  #nowMs = 0;
  #ids = 0;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.wallOffsetMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  uuid(): string {
    this.#ids += 1;
    return `${this.#ids.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  }

  chance(): number {
    return this.nextChance;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { at: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** How many are asleep: what nobody wakes is a leak. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets `ms` pass: wakes sleepers in order, each with all that follows from it before the next. */
  async pass(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.wake();
      await settle();
    }
    this.#nowMs = until;
  }

  #next(until: number) {
    return [...this.#sleepers].filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at)[0];
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
