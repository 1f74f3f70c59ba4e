/** The time that a driver waits and measures by: handed in, so that a simulated world can hold it. The till's World is one. */
export interface Clock {
  /** Milliseconds on a clock that never jumps. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
