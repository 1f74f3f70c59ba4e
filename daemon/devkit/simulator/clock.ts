import type { World } from "../../world.ts";

/** Longest single sleep asked of the world; longer waits are made of several, because timers overflow at 24 days. */
const sleepMsMax = 86_400_000;

/**
 * The platform's own clock. It runs with the world's steady clock, so a till whose wall clock jumps does not move it, and it can be
 * moved ahead to make ten minutes pass at once.
 */
export class SimulatorClock {
  readonly #world: World;
  readonly #startMs: number;
  readonly #startMonotonicMs: number;
  #aheadMs = 0;
  #moved = new AbortController();

  constructor(world: World) {
    this.#world = world;
    this.#startMs = world.now();
    this.#startMonotonicMs = world.monotonicMs();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return Math.round(this.#startMs + this.#world.monotonicMs() - this.#startMonotonicMs + this.#aheadMs);
  }

  /** Moves the clock ahead by `ms` and wakes whoever waits on it. */
  advance(ms: number): void {
    this.#aheadMs += Math.max(0, ms);
    const moved = this.#moved;
    this.#moved = new AbortController();
    moved.abort();
  }

  /** Resolves when `ms` have passed on this clock, or at once when `signal` aborts. Never rejects. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const dueMs = this.now() + ms;
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs = dueMs - this.now()) {
      await this.#world.sleep(Math.min(leftMs, sleepMsMax), AbortSignal.any([signal, this.#moved.signal]));
    }
  }
}
