import { randomUUID } from "node:crypto";
import { uptime } from "node:os";

/**
 * All that the daemon takes from its surroundings: clocks, ids and chance. Everything else gets it passed in,
 * so that a simulated world with a seed can stand in for it.
 */
export interface World {
  /** Wall clock, milliseconds since 1970. May be wrong or jump: for showing only, never for order or waiting. */
  now(): number;
  /**
   * Milliseconds on a clock that nobody can set and that starts with the process: for waiting, measuring and ages. It goes on while the
   * computer sleeps: what is ten minutes old after that is ten minutes old.
   */
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
    monotonicMs: thisComputers,
    sleep,
    uuid: () => randomUUID(),
    chance: () => Math.random(),
  };
}

/** Clocks of a computer, milliseconds. */
export interface ComputerClocks {
  /** Exact, but on Linux it stands still while the computer sleeps. */
  readonly running: () => number;
  /** Since the computer was started, sleep included; to some ten milliseconds. */
  readonly sinceBoot: () => number;
  /** May be set by anybody: shows only when to look at the others again. */
  readonly wall: () => number;
}

/** So often the time that was slept is looked at, beside when the wall clock shows that something happened. */
const lookEveryMs = 1000;
/** Less than this is no sleep: the clocks are read one after the other, and not to the same exactness. */
const sleepMsMin = 1000;

/** The exact clock, with the time added that the computer has slept since. */
export function countingSleep({ running, sinceBoot, wall }: ComputerClocks): () => number {
  // A process may be held up between two readings: the order is that in which such a time counts as no sleep.
  const startedMs = running();
  const aheadAtStartMs = sinceBoot() - startedMs;
  let sleptMs = 0;
  let lookedMs = running();
  let wallAheadMs = wall() - lookedMs;

  return () => {
    const nowMs = running();
    const aheadMs = wall() - nowMs;
    if (nowMs - lookedMs >= lookEveryMs || Math.abs(aheadMs - wallAheadMs) >= sleepMsMin) {
      lookedMs = nowMs;
      wallAheadMs = aheadMs;
      const seenMs = sinceBoot() - running() - aheadAtStartMs;
      if (seenMs - sleptMs >= sleepMsMin) sleptMs = seenMs;
    }
    return nowMs + sleptMs;
  };
}

/**
 * On Linux by CLOCK_BOOTTIME, on Windows by GetTickCount64, on macOS by the time of the boot: all of them count sleep, as
 * `os.uptime` says them.
 */
const thisComputers = countingSleep({
  running: () => performance.now(),
  sinceBoot: () => uptime() * 1000,
  wall: () => Date.now(),
});

/** Timers stand still while the computer sleeps: a long wait looks at the clock so often. */
const sliceMs = 10_000;

/** Real time, for what waits for another process whatever world it lives in itself. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const endMs = thisComputers() + ms;
  let leftMs = ms;
  do {
    if (signal?.aborted) return;
    await pause(Math.min(leftMs, sliceMs), signal);
    leftMs = endMs - thisComputers();
  } while (leftMs > 0);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
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
