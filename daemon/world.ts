import { randomUUID } from "node:crypto";

/**
 * All that the daemon takes from its surroundings: clocks, ids and chance. Everything else gets it passed in,
 * so that a simulated world with a seed can stand in for it.
 */
export interface World {
  /** Wall clock, milliseconds since 1970. May be wrong or jump: for showing only, never for order or waiting. */
  now(): number;
  /** Milliseconds on a clock that never jumps and starts with the process: for waiting and measuring. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A random UUID, lower case with dashes. */
  uuid(): string;
  /** A number in [0, 1), for jitter. Never for secrets. */
  chance(): number;
}

/** The world as it is. */
export function realWorld(): World {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep,
    uuid: () => randomUUID(),
    chance: () => Math.random(),
  };
}

/** Real time, for what waits for another process whatever world it lives in itself. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
