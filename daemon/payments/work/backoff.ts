/** MobilePay's in-person guidance is about once a second, its limit 120 a minute. */
const pollMs = 1000;
/** Two minutes: who has not approved by then has put the phone away. */
const pollsQuickMax = 120;
/** Still seen as at once by a customer who does approve. */
const pollSlowMs = 2000;
/** After an answer that taught nothing. MobilePay takes 5 calls a minute of each kind for one payment. */
const backoffMs = [1000, 5000, 20_000] as const;

/** How long to wait between questions. */
export class Backoff {
  #failures = 0;
  #polls = 0;

  afterAnswer(isProgress: boolean): number {
    this.#failures = 0;
    this.#polls = isProgress ? 0 : this.#polls + 1;
    if (isProgress) return 0;
    return this.#polls <= pollsQuickMax ? pollMs : pollSlowMs;
  }

  afterUnknown(retryAfterMs: number | undefined): number {
    const waitMs = backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 0;
    this.#failures += 1;
    return Math.max(waitMs, retryAfterMs ?? 0);
  }
}
