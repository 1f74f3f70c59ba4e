/** Counts messages against a rate. Times in milliseconds on a clock that never goes back. */
export interface TokenBucket {
  /** False when there is nothing left: this message is one too many. */
  take(nowMs: number): boolean;
}

export function tokenBucket(burst: number, perSecond: number, startMs: number): TokenBucket {
  let left = burst;
  let filledMs = startMs;
  return {
    take(nowMs) {
      left = Math.min(burst, left + ((nowMs - filledMs) / 1000) * perSecond);
      filledMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
