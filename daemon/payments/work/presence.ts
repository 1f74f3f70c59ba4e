import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { canHappen } from "../payment/machine.ts";
import type { PaymentProcess } from "./payment-process.ts";

/** After a failed write the payment is abandoned a little later. */
const retryMs = 5000;

/** A page that is connected now: its session's id, and a signal that aborts when it is gone. */
export interface ConnectedPage {
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
  readonly #countdowns = new Map<PaymentProcess, AbortController>();
  readonly #shown = new WeakMap<AbortSignal, Set<PaymentProcess>>();

  constructor(world: World, abandonAfterMs: number) {
    this.#world = world;
    this.#abandonAfterMs = abandonAfterMs;
  }

  /** A page shows the sale (again). A page that is gone already shows nothing. */
  attach(process: PaymentProcess, page: ConnectedPage): void {
    if (page.signal.aborted) {
      if (!process.isShown) this.startCountdown(process);
      return;
    }
    const news = process.attach(page.id);
    this.#shownBy(page).add(process);
    this.#stopCountdown(process);
    if (news && process.announcedAsRecovery) process.announce();
  }

  #shownBy(page: ConnectedPage): Set<PaymentProcess> {
    const known = this.#shown.get(page.signal);
    if (known) return known;
    const shown = new Set<PaymentProcess>();
    this.#shown.set(page.signal, shown);
    page.signal.addEventListener("abort", () => this.#detach(page, shown), { once: true });
    return shown;
  }

  #detach(page: ConnectedPage, shown: ReadonlySet<PaymentProcess>): void {
    for (const process of shown) {
      if (process.detach(page.id)) this.startCountdown(process);
    }
  }

  /** Starts counting down until a page shows the sale. */
  startCountdown(process: PaymentProcess): void {
    this.#stopCountdown(process);
    const countdown = new AbortController();
    this.#countdowns.set(process, countdown);
    void this.#countDown(process, countdown.signal);
  }

  stop(): void {
    for (const process of this.#countdowns.keys()) this.#stopCountdown(process);
  }

  #stopCountdown(process: PaymentProcess): void {
    this.#countdowns.get(process)?.abort();
    this.#countdowns.delete(process);
  }

  async #countDown(process: PaymentProcess, stopped: AbortSignal): Promise<void> {
    await this.#world.sleep(this.#abandonAfterMs, stopped);
    while (!stopped.aborted && !(await abandon(process))) await this.#world.sleep(retryMs, stopped);
    if (!stopped.aborted) this.#countdowns.delete(process);
  }
}

/** Whether it is on disk, or not needed any more. */
async function abandon(process: PaymentProcess): Promise<boolean> {
  try {
    await process.change((payment) =>
      !process.isAttended && canHappen(payment, "abandoned") ? [{ type: "abandoned", ...process.doubt }] : [],
    );
    return true;
  } catch (error) {
    if (error instanceof BridgeError) return false;
    throw error;
  }
}
