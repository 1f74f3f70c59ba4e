import type { Clock } from "./clock.ts";
import type { DeviceRead } from "./driver.ts";

/** Reads between a device that sends when it likes and the one who takes them one by one, in order. */
export interface ReadQueue {
  push(reads: readonly DeviceRead[]): void;
  /** No more will come. With an error: it is thrown once all that came before it is taken. The first end counts. */
  end(error?: Error): void;
  readonly length: number;
  /** When the read that was last taken had arrived, on the monotonic clock. */
  readonly arrivedMs: number;
  /** For one taker. Ends at once when `signal` aborts, even if reads are left. `taken` is called after each. */
  reads(signal: AbortSignal, taken?: () => void): AsyncIterable<DeviceRead>;
}

export function createReadQueue(clock: Pick<Clock, "monotonicMs">): ReadQueue {
  const queue: { readonly read: DeviceRead; readonly arrivedMs: number }[] = [];
  let takenArrivedMs = 0;
  let ended: { readonly error: Error | undefined } | undefined;
  let wake = () => {};

  async function* reads(signal: AbortSignal, taken: () => void = () => {}): AsyncGenerator<DeviceRead> {
    const wakeUp = () => wake();
    signal.addEventListener("abort", wakeUp);
    try {
      while (!signal.aborted) {
        const next = queue.shift();
        if (next !== undefined) {
          takenArrivedMs = next.arrivedMs;
          taken();
          yield next.read;
        } else if (ended === undefined) await change();
        else if (ended.error === undefined) return;
        else throw ended.error;
      }
    } finally {
      signal.removeEventListener("abort", wakeUp);
    }
  }

  function change(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  return {
    push(more) {
      const arrivedMs = clock.monotonicMs();
      if (ended === undefined) queue.push(...more.map((read) => ({ read, arrivedMs })));
      wake();
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    get length() {
      return queue.length;
    },
    get arrivedMs() {
      return takenArrivedMs;
    },
    reads,
  };
}
