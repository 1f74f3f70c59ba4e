/** MobilePay's in-person guidance is about once a second, its limit 120 a minute. */
const pollMs = 1000;
/** Two minutes: who has not approved by then has put the phone away. */
const pollsQuickMax = 120;
/** Still seen as at once by a customer who does approve. */
const pollSlowMs = 2000;
/** After an answer that taught nothing. MobilePay takes 5 calls a minute of each kind for one payment. */
const rareMs = [1000, 5000, 20_000] as const;
/** The same for a question, of which MobilePay takes 120: a customer may approve meanwhile. */
const soonMs = [1000, 2000] as const;

/** How long to wait between calls of one kind. */
export class Backoff {
  #failures = 0;
  #polls = 0;

  afterAnswer(isProgress: boolean): number {
    this.#failures = 0;
    this.#polls = isProgress ? 0 : this.#polls + 1;
    if (isProgress) return 0;
    return this.#polls <= pollsQuickMax ? pollMs : pollSlowMs;
  }

  /** `isUrgent`: a customer may approve meanwhile, and has to be seen. */
  afterUnknown(retryAfterMs: number | undefined, isUrgent = false): number {
    const waitsMs = isUrgent ? soonMs : rareMs;
    const waitMs = waitsMs[Math.min(this.#failures, waitsMs.length - 1)] ?? 0;
    this.#failures += 1;
    return Math.max(waitMs, retryAfterMs ?? 0);
  }

  /** How often in a row nothing was learnt. */
  get failures(): number {
    return this.#failures;
  }
}
