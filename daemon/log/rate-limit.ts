/** Lets records through at a bounded rate, so that whatever goes wrong a thousand times a second fills neither memory nor disk. */
export interface LogRateLimit {
  /** Whether this record may be written, and how many were held back before it. */
  admit(monotonicMs: number): { readonly admitted: boolean; readonly heldBack: number };
}

/** At most `burst` at once and `perSecond` for long. */
export function createLogRateLimit(burst: number, perSecond: number): LogRateLimit {
  let left = burst;
  let last = 0;
  let heldBack = 0;
  return {
    admit(monotonicMs) {
      left = Math.min(burst, left + ((monotonicMs - last) / 1000) * perSecond);
      last = monotonicMs;
      if (left < 1) {
        heldBack += 1;
        return { admitted: false, heldBack };
      }
      left -= 1;
      const reported = heldBack;
      heldBack = 0;
      return { admitted: true, heldBack: reported };
    },
  };
}
