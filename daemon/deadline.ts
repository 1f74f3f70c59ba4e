import type { World } from "./world.ts";

/**
 * Resolves or rejects as `work` does, or to what `late` returns or throws when that takes longer than `ms`. What is late goes on, and
 * how it ends is ignored; the signal that it was given aborts.
 */
export async function withDeadline<Value, Late>(
  world: Pick<World, "sleep">,
  ms: number,
  work: Promise<Value> | ((signal: AbortSignal) => Promise<Value>),
  late: () => Late,
): Promise<Value | Late> {
  const over = new AbortController();
  const done = new AbortController();
  const deadline = world.sleep(ms, done.signal).then(() => {
    // Woken because the work is done: the race has ended, and this is not used.
    if (done.signal.aborted) return undefined as never;
    over.abort();
    return late();
  });
  try {
    return await Promise.race([typeof work === "function" ? work(over.signal) : work, deadline]);
  } finally {
    done.abort();
  }
}
