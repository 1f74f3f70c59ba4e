import type { World } from "../../daemon/world.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
  asleep: boolean;
}

/** A world whose time passes only when told, and whose chance comes from a seed: the same seed, the same story. */
export class VirtualWorld implements World {
  /** What the wall clock is off by, milliseconds: it may jump, the other clock never does. */
  wallOffMs = Date.UTC(2026, 0, 5, 9, 0, 0);
  #nowMs = 0;
  #order = 0;
  #random: number;
  readonly #sleepers: Sleeper[] = [];

  constructor(seed = 1) {
    this.#random = seed >>> 0 || 1;
  }

  now(): number {
    return Math.floor(this.#nowMs + this.wallOffMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        at: this.#nowMs + Math.max(0, ms),
        order: this.#order++,
        asleep: true,
        wake: () => wake(),
      };
      const wake = () => {
        if (!sleeper.asleep) return;
        sleeper.asleep = false;
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      signal?.addEventListener("abort", wake, { once: true });
      insert(this.#sleepers, sleeper);
    });
  }

  uuid(): string {
    const hex = () =>
      Math.floor(this.chance() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0");
    return `${hex()}-${hex().slice(0, 4)}-4${hex().slice(0, 3)}-8${hex().slice(0, 3)}-${hex()}${hex().slice(0, 4)}`;
  }

  /** mulberry32. */
  chance(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** Lets `ms` pass, waking sleepers in order and letting each finish what it can do without waiting. */
  async pass(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settled();
    for (let next = this.#sleepers[0]; next && next.at <= until; next = this.#sleepers[0]) {
      this.#sleepers.shift();
      if (!next.asleep) continue;
      this.#nowMs = next.at;
      next.wake();
      await settled();
    }
    this.#nowMs = until;
  }

  /** Lets time pass in steps until `done`, at most `msMax`. Returns whether it came to that. */
  async passUntil(done: () => boolean, msMax: number): Promise<boolean> {
    const until = this.#nowMs + msMax;
    await settled();
    while (!done()) {
      const next = this.#sleepers[0];
      if (!next || next.at > until) {
        await this.pass(until - this.#nowMs);
        return done();
      }
      await this.pass(next.at - this.#nowMs);
    }
    return true;
  }
}

/** Resolves when everything that can go on without time passing has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Keeps the list sorted by time, and by order of arrival at the same time. */
function insert(sleepers: Sleeper[], sleeper: Sleeper): void {
  let index = sleepers.length;
  while (index > 0 && (sleepers[index - 1] as Sleeper).at > sleeper.at) index -= 1;
  sleepers.splice(index, 0, sleeper);
}
