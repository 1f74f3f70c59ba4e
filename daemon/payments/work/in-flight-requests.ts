import type { World } from "../../world.ts";

/** Longest time a request may stay on its way after we stopped waiting for its answer. */
export const inFlightMsMax = 60_000;

/**
 * Which requests may have reached MobilePay without our knowing the outcome, by idempotency key. In a daemon that took
 * the payment over from an earlier life, any journaled intent may have been sent.
 */
export class InFlightRequests {
  readonly #world: World;
  readonly #loadedAtMs: number;
  readonly #recoveredAtStart: boolean;
  readonly #unansweredSinceMs = new Map<string, number>();
  readonly #ownKeys = new Set<string>();

  constructor(world: World, recoveredAtStart: boolean) {
    this.#world = world;
    this.#recoveredAtStart = recoveredAtStart;
    this.#loadedAtMs = world.monotonicMs();
  }

  sent(key: string): void {
    this.#ownKeys.add(key);
    this.#unansweredSinceMs.set(key, this.#world.monotonicMs());
  }

  answered(key: string): void {
    this.#ownKeys.add(key);
    this.#unansweredSinceMs.delete(key);
  }

  /** Whether an earlier request with this key may have taken effect, or may still do so. */
  mayHaveBeenApplied(key: string): boolean {
    return this.#unansweredSinceMs.has(key) || (this.#recoveredAtStart && !this.#ownKeys.has(key));
  }

  /** Whether no request with this key can be on its way any more. */
  nothingInFlight(key: string): boolean {
    if (!this.mayHaveBeenApplied(key)) return true;
    const sentAt = this.#unansweredSinceMs.get(key) ?? this.#loadedAtMs;
    return this.#world.monotonicMs() - sentAt >= inFlightMsMax;
  }
}
