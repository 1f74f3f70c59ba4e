import { describe } from "../sqlite/failure.ts";

/** `failed`: nothing can be written, so no new payment is started. `detail` is for a person: no path, no SQL. */
export interface JournalHealth {
  readonly state: "ok" | "failed";
  readonly detail?: string;
}

export function healthOf(failure: unknown, notices: readonly (string | undefined)[]): JournalHealth {
  if (failure !== undefined) return { state: "failed", detail: describe(failure) };
  const told = notices.filter((notice) => notice !== undefined);
  return told.length === 0 ? { state: "ok" } : { state: "ok", detail: told.join("; ") };
}

type HealthListener = (health: JournalHealth) => void;

/** Notifies the listeners when the journal's health has changed, and only then. */
export class HealthWatch {
  readonly #health: () => JournalHealth;
  readonly #listeners: HealthListener[] = [];
  #last: string;

  constructor(health: () => JournalHealth) {
    this.#health = health;
    this.#last = JSON.stringify(health());
  }

  subscribe(listener: HealthListener): void {
    this.#listeners.push(listener);
  }

  /** Something happened that may have changed it. */
  check(): void {
    const health = this.#health();
    const now = JSON.stringify(health);
    if (now === this.#last) return;
    this.#last = now;
    for (const listener of this.#listeners) listener(health);
  }
}
