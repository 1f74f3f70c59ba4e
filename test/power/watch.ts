import type { StampedEvent } from "../../daemon/protocol/client.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import type { Bank } from "./bank.ts";
import type { Running } from "./life.ts";
import type { Attempt, Memory } from "./memory.ts";
import type { Plan } from "./points.ts";
import { whole } from "./whole.ts";

/** How long a daemon may live on after the page has heard that the disk takes nothing. */
const lingersMsMax = 800;

/** Ends a life at the moment of its plan, seen from outside the daemon: by MobilePay, by the page, or by the clock. */
export class Watch {
  /** The moment has come. */
  isHit = false;
  /** From the start until MobilePay had answered about every payment that was open then, milliseconds. */
  classifiedMs: number | undefined;
  readonly #plan: Plan;
  readonly #life: Running;
  readonly #bank: Bank;
  readonly #random: SeededRandom;
  readonly #unanswered: Set<string>;
  readonly #hasOpen: boolean;
  readonly #deadline: NodeJS.Timeout;
  #lingering: NodeJS.Timeout | undefined;

  constructor(
    plan: Plan,
    life: Running,
    { bank, memory, random }: { bank: Bank; memory: Memory; random: SeededRandom },
  ) {
    this.#plan = plan;
    this.#life = life;
    this.#bank = bank;
    this.#random = random;
    this.#unanswered = new Set(memory.open().flatMap((attempt) => (isAtMobilePay(attempt) ? [attempt.reference] : [])));
    this.#hasOpen = this.#unanswered.size > 0;
    this.#deadline = setTimeout(() => life.kill(), plan.msMax);
    const { afterReadyMs } = plan;
    if (afterReadyMs !== undefined)
      life.port.then(
        () => this.#strikeAfter(afterReadyMs),
        () => undefined,
      );
    bank.onRequest = ({ operation, when }) => {
      this.#noteAnswers();
      if (operation === plan.platform?.operation && when === plan.platform.when) this.#strike();
    };
  }

  onEvent(event: StampedEvent): void {
    const { told } = this.#plan;
    if (event.event === "journal.changed" && event.params.journal.state === "failed") this.onRefused("JOURNAL_FAILED");
    if (told !== undefined && tells(event, told)) this.#strike();
  }

  onRefused(code: string): void {
    if (!this.#plan.refused || code !== "JOURNAL_FAILED" || this.isHit) return;
    this.isHit = true;
    this.#lingering = setTimeout(() => this.#life.kill(), whole(this.#random, 0, lingersMsMax));
  }

  end(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#lingering);
    this.#bank.onRequest = () => undefined;
  }

  #strikeAfter(ms: number): void {
    this.#lingering = setTimeout(() => this.#strike(), ms);
  }

  #strike(): void {
    this.isHit = true;
    this.#life.kill();
  }

  #noteAnswers(): void {
    if (!this.#hasOpen) return;
    for (const reference of this.#unanswered) {
      if ((this.#bank.answeredMs.get(reference) ?? 0) > this.#life.startedMs) this.#unanswered.delete(reference);
    }
    if (this.#unanswered.size === 0) this.classifiedMs ??= performance.now() - this.#life.startedMs;
  }
}

/** Money may move: the next life must ask about it. */
function isAtMobilePay({ view }: Attempt): boolean {
  return view !== undefined && view.state !== "waitingForCustomer" && view.state !== "completed";
}

function tells(event: StampedEvent, what: NonNullable<Plan["told"]>): boolean {
  if (what === "refundOver") return event.event === "refund.changed" && event.params.refund.state !== "refunding";
  return event.event === "payment.changed" && event.params.payment.state === what;
}
