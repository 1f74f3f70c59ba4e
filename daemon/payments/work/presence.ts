import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { canHappen } from "../payment/machine.ts";
import type { Run } from "./run.ts";

/** After a failed write the payment is abandoned a little later. */
const retryMs = 5000;

/** A page that is connected now: its session's id, and a signal that aborts when it is gone. */
export interface Page {
  readonly id: string;
  readonly signal: AbortSignal;
}

/**
 * Which pages show which sale. A payment that no page has shown for `abandonAfterMs` is abandoned: withdrawn if it is not
 * approved, and put before a person if it is.
 */
export class Presence {
  readonly #world: World;
  readonly #abandonAfterMs: number;
  readonly #countdowns = new Map<Run, AbortController>();
  readonly #shown = new WeakMap<AbortSignal, Set<Run>>();

  constructor(world: World, abandonAfterMs: number) {
    this.#world = world;
    this.#abandonAfterMs = abandonAfterMs;
  }

  /** A page shows the sale (again). A page that is gone already shows nothing. */
  takeUp(run: Run, page: Page): void {
    if (page.signal.aborted) {
      if (!run.isShown) this.watch(run);
      return;
    }
    const news = run.attach(page.id);
    this.#shownBy(page).add(run);
    this.#stop(run);
    if (news && run.listed) run.announce();
  }

  #shownBy(page: Page): Set<Run> {
    const known = this.#shown.get(page.signal);
    if (known) return known;
    const shown = new Set<Run>();
    this.#shown.set(page.signal, shown);
    page.signal.addEventListener("abort", () => this.#leave(page, shown), { once: true });
    return shown;
  }

  #leave(page: Page, shown: ReadonlySet<Run>): void {
    for (const run of shown) {
      if (run.detach(page.id)) this.watch(run);
    }
  }

  /** Starts counting down until somebody takes the sale up. */
  watch(run: Run): void {
    this.#stop(run);
    const countdown = new AbortController();
    this.#countdowns.set(run, countdown);
    void this.#countDown(run, countdown.signal);
  }

  stop(): void {
    for (const run of this.#countdowns.keys()) this.#stop(run);
  }

  #stop(run: Run): void {
    this.#countdowns.get(run)?.abort();
    this.#countdowns.delete(run);
  }

  async #countDown(run: Run, stopped: AbortSignal): Promise<void> {
    await this.#world.sleep(this.#abandonAfterMs, stopped);
    while (!stopped.aborted && !(await abandon(run))) await this.#world.sleep(retryMs, stopped);
    if (!stopped.aborted) this.#countdowns.delete(run);
  }
}

/** Whether it is on disk, or not needed any more. */
async function abandon(run: Run): Promise<boolean> {
  try {
    await run.change((payment) => (!run.wanted && canHappen(payment, "abandoned") ? [{ type: "abandoned" }] : []));
    return true;
  } catch (error) {
    if (error instanceof BridgeError) return false;
    throw error;
  }
}
