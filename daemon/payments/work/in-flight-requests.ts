import type { World } from "../../world.ts";

/** Longest time a request may stay on its way after we stopped waiting for its answer. */
export const inFlightMsMax = 60_000;

/**
 * Which requests may have reached MobilePay, by idempotency key. One that was ever sent may have been carried out: also when its
 * answer was seen, since what it said may not be on disk yet. In a daemon that took the payment over from an earlier life, any
 * journaled intent may have been sent.
 */
export class InFlightRequests {
  readonly #world: World;
  readonly #lifeBeganAtMs: number;
  readonly #recoveredAtStart: boolean;
  readonly #unansweredSinceMs = new Map<string, number>();
  readonly #sentKeys = new Set<string>();

  /** `lifeBeganAtMs`: when this daemon started, on the clock that never jumps. An earlier one has sent nothing since. */
  constructor(world: World, recoveredAtStart: boolean, lifeBeganAtMs: number) {
    this.#world = world;
    this.#recoveredAtStart = recoveredAtStart;
    this.#lifeBeganAtMs = lifeBeganAtMs;
  }

  sent(key: string): void {
    this.#sentKeys.add(key);
    this.#unansweredSinceMs.set(key, this.#world.monotonicMs());
  }

  answered(key: string): void {
    this.#unansweredSinceMs.delete(key);
  }

  /** Whether an earlier request with this key may have taken effect, or may still do so. */
  mayHaveBeenApplied(key: string): boolean {
    return this.#sentKeys.has(key) || this.#recoveredAtStart;
  }

  /** Whether no request with this key can be on its way any more. */
  nothingInFlight(key: string): boolean {
    if (!this.mayHaveBeenApplied(key)) return true;
    const sentAt = this.#unansweredSinceMs.get(key);
    if (sentAt !== undefined) return this.#isOver(sentAt);
    return this.#sentKeys.has(key) || this.nothingOfEarlierLives();
  }

  /** Whether nothing that an earlier life of the daemon has sent can be on its way any more: its journal may be lost. */
  nothingOfEarlierLives(): boolean {
    return this.#isOver(this.#lifeBeganAtMs);
  }

  #isOver(sinceMs: number): boolean {
    return this.#world.monotonicMs() - sinceMs >= inFlightMsMax;
  }
}
