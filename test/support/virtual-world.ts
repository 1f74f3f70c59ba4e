import type { World } from "../../daemon/world.ts";

/** Somebody who waits: until a time, or until `signal` aborts. */
class Sleeper {
  readonly at: number;
  readonly order: number;
  #resolve: (() => void) | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(at: number, order: number, resolve: () => void, signal: AbortSignal | undefined) {
    this.at = at;
    this.order = order;
    this.#resolve = resolve;
    this.#signal = signal;
    signal?.addEventListener("abort", this, { once: true });
  }

  get asleep(): boolean {
    return this.#resolve !== undefined;
  }

  wake(): void {
    this.#signal?.removeEventListener("abort", this);
    this.handleEvent();
  }

  handleEvent(): void {
    this.#resolve?.();
    this.#resolve = undefined;
  }
}

/** A world whose time passes only when told, and whose chance comes from a seed: the same seed, the same story. */
export class VirtualWorld implements World {
  /** What the wall clock is off by, milliseconds: it may jump, the other clock never does. */
  wallOffMs = Date.UTC(2026, 0, 5, 9, 0, 0);
  #nowMs = 0;
  #order = 0;
  #random: number;
  readonly #sleepers = new Queue();

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
      this.#sleepers.add(new Sleeper(this.#nowMs + Math.max(0, ms), this.#order++, resolve, signal));
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
    for (let next = this.#sleepers.first; next && next.at <= until; next = this.#sleepers.first) {
      this.#sleepers.takeFirst();
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
      const next = this.#sleepers.first;
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

/** Sleepers by time, and by order of arrival at the same time: a binary heap. */
class Queue {
  readonly #heap: Sleeper[] = [];

  get first(): Sleeper | undefined {
    return this.#heap[0];
  }

  add(sleeper: Sleeper): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Sleeper;
      if (!isBefore(sleeper, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = sleeper;
  }

  takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      const right = heap[below + 1];
      const next = right && isBefore(right, heap[below] as Sleeper) ? below + 1 : below;
      const child = heap[next] as Sleeper;
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = next;
    }
    heap[place] = last;
  }
}

function isBefore(one: Sleeper, other: Sleeper): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
