import type { DeviceRead } from "./driver.ts";

/** Reads between a device that sends when it likes and the one who takes them one by one, in order. */
export interface ReadQueue {
  push(reads: readonly DeviceRead[]): void;
  /** No more will come. With an error: it is thrown once all that came before it is taken. The first end counts. */
  end(error?: Error): void;
  readonly length: number;
  /** For one taker. Ends at once when `signal` aborts, even if reads are left. `taken` is called after each. */
  reads(signal: AbortSignal, taken?: () => void): AsyncIterable<DeviceRead>;
}

export function createReadQueue(): ReadQueue {
  const queue: DeviceRead[] = [];
  let ended: { readonly error: Error | undefined } | undefined;
  let wake = () => {};

  async function* reads(signal: AbortSignal, taken: () => void = () => {}): AsyncGenerator<DeviceRead> {
    const wakeUp = () => wake();
    signal.addEventListener("abort", wakeUp);
    try {
      while (!signal.aborted) {
        const read = queue.shift();
        if (read !== undefined) {
          taken();
          yield read;
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
      if (ended === undefined) queue.push(...more);
      wake();
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    get length() {
      return queue.length;
    },
    reads,
  };
}
