import type { World } from "../../world.ts";

/** Longest time a request may stay on its way after we stopped waiting for its answer. */
export const inFlightMsMax = 60_000;

/**
 * Which requests may have reached MobilePay without our knowing the outcome, by idempotency key. In a daemon that took
 * the payment over from an earlier life, any journaled intent may have been sent.
 */
export class Sends {
  readonly #world: World;
  readonly #bornAt: number;
  readonly #inherited: boolean;
  readonly #doubtful = new Map<string, number>();
  readonly #known = new Set<string>();

  constructor(world: World, inherited: boolean) {
    this.#world = world;
    this.#inherited = inherited;
    this.#bornAt = world.monotonicMs();
  }

  sent(key: string): void {
    this.#known.add(key);
    this.#doubtful.set(key, this.#world.monotonicMs());
  }

  answered(key: string): void {
    this.#known.add(key);
    this.#doubtful.delete(key);
  }

  /** Whether an earlier request with this key may have taken effect, or may still do so. */
  inDoubt(key: string): boolean {
    return this.#doubtful.has(key) || (this.#inherited && !this.#known.has(key));
  }

  /** Whether no request with this key can be on its way any more. */
  quiet(key: string): boolean {
    if (!this.inDoubt(key)) return true;
    const sentAt = this.#doubtful.get(key) ?? this.#bornAt;
    return this.#world.monotonicMs() - sentAt >= inFlightMsMax;
  }
}
