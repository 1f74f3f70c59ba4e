/** Half of the connections that a till has to MobilePay: the others are for who stands at the counter. */
const placesMax = 4;

interface Waiting {
  readonly reference: string;
  readonly go: () => void;
}

/**
 * Turns for calls about payments that nobody waits for. After a restart thousands may be open: all at once, they would keep a new sale's
 * request waiting until it is too late for it.
 */
export class BackgroundPlaces {
  readonly #isBackground: (reference: string) => boolean;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #taken = 0;

  constructor(isBackground: (reference: string) => boolean) {
    this.#isBackground = isBackground;
  }

  /** Makes the call when it is its turn; at once where somebody waits for it. */
  async run<Answer>(reference: string, call: () => Promise<Answer>): Promise<Answer> {
    if (!this.#isBackground(reference)) return call();
    if (this.#taken >= placesMax) await new Promise<void>((go) => this.#waiting.add({ reference, go }));
    this.#taken += 1;
    try {
      return await call();
    } finally {
      this.#taken -= 1;
      const [next] = this.#waiting;
      if (this.#taken < placesMax) this.#admit(next);
    }
  }

  /** Something changed about the payment: a page may have taken the sale up, or a person has decided. */
  hurry(reference: string): void {
    if (this.#waiting.size === 0 || this.#isBackground(reference)) return;
    for (const waiting of this.#waiting) if (waiting.reference === reference) this.#admit(waiting);
  }

  #admit(waiting: Waiting | undefined): void {
    if (waiting && this.#waiting.delete(waiting)) waiting.go();
  }
}
