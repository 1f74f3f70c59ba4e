import type { NotFound, Snapshot } from "../ports/gateway.ts";

/** An old copy of the payment, or a mistake on the way, is gone by then. */
const insistsMs = 15_000;
const timesMin = 3;

/** Whether MobilePay keeps on saying the same thing that cannot be true: then waiting does not help, and a person has to see it. */
export class Insistence {
  #said = "";
  #sinceMs = 0;
  #times = 0;

  /** `nowMs` by the clock that never jumps. */
  hear(seen: Snapshot | NotFound, nowMs: number): boolean {
    const said = JSON.stringify(seen);
    if (said !== this.#said) {
      this.#said = said;
      this.#sinceMs = nowMs;
      this.#times = 0;
    }
    this.#times += 1;
    return this.#times >= timesMin && nowMs - this.#sinceMs >= insistsMs;
  }

  forget(): void {
    this.#said = "";
  }
}
