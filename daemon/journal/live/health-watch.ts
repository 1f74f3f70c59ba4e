import type { JournalHealth } from "../sqlite/failure.ts";

type Tell = (health: JournalHealth) => void;

/** Tells those who watch when the journal's health has changed, and only then. */
export class HealthWatch {
  readonly #health: () => JournalHealth;
  readonly #listeners: Tell[] = [];
  #last: string;

  constructor(health: () => JournalHealth) {
    this.#health = health;
    this.#last = JSON.stringify(health());
  }

  tell(listener: Tell): void {
    this.#listeners.push(listener);
  }

  /** Something happened that may have changed it. */
  look(): void {
    const health = this.#health();
    const now = JSON.stringify(health);
    if (now === this.#last) return;
    this.#last = now;
    for (const listener of this.#listeners) listener(health);
  }
}
