const windowMs = 60_000;
/** Buckets kept; the oldest go first. A bucket that is still filling is never the oldest in practice. */
const bucketsMax = 50_000;

/** Calls per minute and bucket, over a sliding minute. */
export class RateLimits {
  readonly #calls = new Map<string, number[]>();

  /**
   * Counts a call at `nowMs`. Answers 0 when it is within `perMinute`, else the seconds until the next one is (never 0).
   * A refused call does not count.
   */
  take(bucket: string, perMinute: number, nowMs: number): number {
    const recent = (this.#calls.get(bucket) ?? []).filter((atMs) => atMs > nowMs - windowMs);
    const oldestMs = recent[recent.length - perMinute];
    if (oldestMs !== undefined) return Math.max(1, Math.ceil((oldestMs + windowMs - nowMs) / 1000));
    recent.push(nowMs);
    this.#calls.delete(bucket);
    this.#calls.set(bucket, recent);
    this.#forgetOldest();
    return 0;
  }

  #forgetOldest(): void {
    if (this.#calls.size <= bucketsMax) return;
    const oldest = this.#calls.keys().next().value;
    if (oldest !== undefined) this.#calls.delete(oldest);
  }
}
