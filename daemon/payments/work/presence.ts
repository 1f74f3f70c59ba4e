import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { canHappen } from "../payment/machine.ts";
import { isFinal } from "../payment/payment.ts";
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
  /** By the page's id: what it shows and is not over. A page may be connected for a year. */
  readonly #shown = new Map<string, Set<PaymentProcess>>();

  constructor(world: World, abandonAfterMs: number) {
    this.#world = world;
    this.#abandonAfterMs = abandonAfterMs;
  }

  /** A page shows the sale (again). A page that is gone already shows nothing, and what is over needs nobody to show it. */
  attach(process: PaymentProcess, page: ConnectedPage): void {
    if (isFinal(process.payment)) return;
    if (page.signal.aborted) {
      if (!process.isShown) this.startCountdown(process);
      return;
    }
    const news = process.attach(page.id);
    this.#shownBy(page).add(process);
    this.#stopCountdown(process);
    if (news && process.announcedAsRecovery) process.announce();
  }

  /** The payment is over: no page shows it any more, and nothing keeps it in memory. */
  release(process: PaymentProcess): void {
    this.#stopCountdown(process);
    for (const [pageId, shown] of this.#shown) {
      if (shown.delete(process)) process.detach(pageId);
    }
  }

  #shownBy(page: ConnectedPage): Set<PaymentProcess> {
    const known = this.#shown.get(page.id);
    if (known) return known;
    const shown = new Set<PaymentProcess>();
    this.#shown.set(page.id, shown);
    page.signal.addEventListener("abort", () => this.#detach(page, shown), { once: true });
    return shown;
  }

  #detach(page: ConnectedPage, shown: ReadonlySet<PaymentProcess>): void {
    this.#shown.delete(page.id);
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
