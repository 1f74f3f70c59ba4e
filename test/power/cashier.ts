import { BridgeCallError, type CallErrorCode } from "../../daemon/protocol/client.ts";
import type { Customer as FoundBy, PaymentView } from "../../daemon/protocol/values.ts";
import type { CheckInBody } from "../../daemon/devkit/simulator/shown.ts";
import { type Bank, type Customer, tagId } from "./bank.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { type Acknowledged, type Attempt, isOver, type Memory, type RefundOrder } from "./memory.ts";
import type { Page } from "./page.ts";
import { whole } from "./whole.ts";

/** What the people at a till are about to do. */
export type Task = "sale" | "tagSale" | "cancel" | "leave" | "decision" | "refund" | "recover";

/** In rounds of at most `newsMsMax`. */
const patienceRounds = 20;
const newsMsMax = 250;
const leftRounds = 16;

/** The POS with its cashier, and the customers. Works until the daemon dies (`PageGone`) or the work is done. */
export class Cashier {
  readonly #memory: Memory;
  readonly #bank: Bank;
  readonly #dice: SeededRandom;

  constructor(memory: Memory, bank: Bank, random: SeededRandom) {
    this.#memory = memory;
    this.#bank = bank;
    this.#dice = random;
  }

  /** What was left by the life before: some sales are still on the screen, some are not. */
  async takeUp(page: Page): Promise<void> {
    for (const attempt of this.#memory.open()) {
      if (!attempt.left && !attempt.printed && !attempt.retell && this.#dice.chance(0.4)) attempt.left = true;
      if (!attempt.left) await this.goOn(page, attempt);
      for (const refund of attempt.refunds) await this.#startRefund(page, attempt, refund);
    }
  }

  async work(page: Page, task: Task): Promise<void> {
    switch (task) {
      case "sale":
        return this.#sell(page, this.#anybody(), this.#customer());
      case "tagSale":
        return this.#sell(page, { by: "tillTag" }, this.#customer());
      case "cancel":
        return this.#sellAndCancel(page);
      case "leave":
        return this.#sellAndLeave(page);
      case "decision":
        return this.#decideOnSomething(page);
      case "refund":
        return this.#refundSomething(page);
      case "recover":
        return this.decideAll(page);
    }
  }

  async #sell(page: Page, by: FoundBy, customer: Customer): Promise<void> {
    const attempt = this.#ringUp(by, customer);
    await this.goOn(page, attempt);
  }

  #ringUp(by: FoundBy, customer: Customer): Attempt {
    const attempt = this.#memory.newAttempt(this.#memory.newSale(whole(this.#dice, 1, 500) * 100), by);
    this.#bank.expect(attempt.reference, customer);
    return attempt;
  }

  /** Takes the sale up, or starts it, and follows it to its end. */
  async goOn(page: Page, attempt: Attempt): Promise<void> {
    if (attempt.printed && (await this.#complete(page, attempt))) return;
    if (await this.#start(page, attempt)) await this.#follow(page, attempt);
  }

  async #start(page: Page, attempt: Attempt): Promise<boolean> {
    for (let round = 0; round < leftRounds; round += 1) {
      const code = await this.#tell(attempt, "started", () => page.call("payment.start", attempt.order));
      if (code === undefined) return true;
      if (code !== "PAYMENT_IN_PROGRESS" && code !== "JOURNAL_FAILED") return false;
      await page.news(newsMsMax);
    }
    return false;
  }

  async #follow(page: Page, attempt: Attempt): Promise<void> {
    let scanned = false;
    for (let round = 0; round < patienceRounds && !isOver(attempt); round += 1) {
      const { state } = attempt.view ?? {};
      // The till finds out by itself, in a minute at most.
      if (state === "cancelling") return;
      if (state === "waitingForCustomer" && !scanned) {
        scanned = true;
        await this.#scanTag(page, attempt);
      } else if (state === "paid" && attempt.decision !== "refund") await this.#complete(page, attempt);
      else if (state === "paid") await this.#decide(page, attempt);
      else if (state === "needsDecision") await this.#decide(page, attempt);
      if (!isOver(attempt)) await page.news(newsMsMax);
    }
    if (!isOver(attempt)) await this.#cancel(page, attempt);
  }

  /** The customer scans the tag; the shop's own server hands the check-in to the till. */
  async #scanTag(page: Page, attempt: Attempt): Promise<void> {
    if (attempt.order.customer.by !== "tillTag") return;
    const { platform } = this.#bank.simulator;
    const shown = await platform.phone.scanTag(tagId, this.#bank.phoneNumber);
    if ("checkIn" in shown) await this.#tellCheckIn(page, shown.checkIn);
  }

  async #tellCheckIn(page: Page, checkIn: CheckInBody): Promise<void> {
    await orRefused(() => page.call("checkIn.notify", checkIn));
  }

  /** Whether the sale is done. The receipt is printed before the daemon is told. */
  async #complete(page: Page, attempt: Attempt): Promise<boolean> {
    attempt.printed = true;
    const { paymentId } = attempt.order;
    const { receiptNumber } = attempt;
    await this.#tell(attempt, "completed", () => page.call("payment.complete", { paymentId, receiptNumber }));
    return isOver(attempt);
  }

  async #cancel(page: Page, attempt: Attempt): Promise<void> {
    const { paymentId } = attempt.order;
    await this.#tell(attempt, "cancelled", () => page.call("payment.cancel", { paymentId }));
  }

  async #sellAndCancel(page: Page): Promise<void> {
    const by = this.#dice.chance(0.3) && this.#memory.paired ? { by: "tillTag" as const } : this.#anybody();
    const attempt = this.#ringUp(by, { does: "approve", afterMs: whole(this.#dice, 0, 400) });
    if (!(await this.#start(page, attempt))) return;
    await page.news(whole(this.#dice, 1, newsMsMax));
    await this.#cancel(page, attempt);
    for (let round = 0; round < leftRounds && !isOver(attempt); round += 1) {
      if (attempt.view?.state === "needsDecision") await this.#decide(page, attempt);
      await page.news(newsMsMax);
    }
  }

  async #sellAndLeave(page: Page): Promise<void> {
    const attempt = this.#ringUp(this.#anybody(), this.#customer());
    if (!(await this.#start(page, attempt))) return;
    for (let round = 0; round < whole(this.#dice, 0, 6) && !isOver(attempt); round += 1) await page.news(newsMsMax);
    attempt.left = true;
    await page.reload();
    for (let round = 0; round < leftRounds && !isOver(attempt); round += 1) {
      if (attempt.view?.state === "needsDecision") return;
      await page.news(newsMsMax);
    }
  }

  async #decideOnSomething(page: Page): Promise<void> {
    if ((await page.call("recovery.list", {})).items.every(({ choices }) => choices.length === 0)) {
      const attempt = this.#ringUp(this.#anybody(), { does: "approve", afterMs: 0 });
      if (!(await this.#start(page, attempt))) return;
      for (let round = 0; round < leftRounds && attempt.view?.captured === 0; round += 1) await page.news(newsMsMax);
      attempt.left = true;
      await page.reload();
      for (let round = 0; round < leftRounds && attempt.view?.state !== "needsDecision"; round += 1)
        await page.news(newsMsMax);
    }
    await this.decideAll(page);
  }

  /** Decides on all that can be decided on, and carries the decisions out. */
  async decideAll(page: Page): Promise<void> {
    const { items } = await page.call("recovery.list", {});
    for (const { payment, choices, decision } of items) {
      const attempt = this.#memory.find(payment.paymentId);
      if (!attempt) continue;
      if (choices.length > 0) await this.#decide(page, attempt);
      if (payment.state === "paid" && decision === "reRing") await this.#complete(page, attempt);
    }
  }

  async #decide(page: Page, attempt: Attempt): Promise<void> {
    attempt.decision ??= attempt.printed || this.#dice.chance(0.5) ? "reRing" : "refund";
    const { decision } = attempt;
    const { paymentId } = attempt.order;
    await this.#tell(attempt, "decided", async () => {
      const { payment } = await page.call("recovery.resolve", { paymentId, decision, decidedBy: "cashier 7" });
      return payment;
    });
  }

  async #refundSomething(page: Page): Promise<void> {
    const attempt = this.#refundable() ?? (await this.#sellFor(page));
    if (!attempt) return;
    const left = attempt.order.amount.value - attempt.refunds.reduce((sum, { amount }) => sum + amount.value, 0);
    const refund = this.#memory.newRefund(attempt, this.#dice.chance(0.4) ? left : Math.ceil(left / 2));
    await this.#startRefund(page, attempt, refund);
    for (let round = 0; round < leftRounds && !refund.over; round += 1) await page.news(newsMsMax);
  }

  #refundable(): Attempt | undefined {
    return this.#memory.attempts.findLast(
      ({ view, refunds, order, settled }) =>
        !settled &&
        view?.state === "completed" &&
        refunds.every(({ over }) => over) &&
        refunds.reduce((sum, { amount }) => sum + amount.value, 0) < order.amount.value,
    );
  }

  async #sellFor(page: Page): Promise<Attempt | undefined> {
    await this.#sell(page, this.#anybody(), { does: "approve", afterMs: 0 });
    return this.#refundable();
  }

  async #startRefund(page: Page, attempt: Attempt, refund: RefundOrder): Promise<void> {
    const { paymentId } = attempt.order;
    const { refundId, amount } = refund;
    const answer = await orRefused(() => page.call("refund.start", { refundId, paymentId, amount }));
    if (typeof answer === "string") return;
    refund.acknowledged = true;
    if (answer.state !== "refunding") refund.over = true;
  }

  /** Calls, and notes that the daemon has acknowledged it. Answers why not, when not. */
  async #tell(
    attempt: Attempt,
    fact: Acknowledged,
    call: () => Promise<PaymentView>,
  ): Promise<CallErrorCode | undefined> {
    const { events } = attempt;
    const answer = await orRefused(call);
    if (typeof answer === "string") return answer;
    attempt.acknowledged.add(fact);
    this.#memory.answered(answer, events);
    return undefined;
  }

  /** Makes the till ready to sell by its tag. */
  async pair(page: Page): Promise<void> {
    if (this.#memory.paired) return;
    const answer = await orRefused(() =>
      page.call("pairing.register", { tag: tagId, locationDescription: "Counter 1" }),
    );
    if (typeof answer !== "string") this.#memory.paired = true;
  }

  #anybody(): FoundBy {
    return this.#dice.pick<FoundBy>([
      { by: "phone", phoneNumber: this.#bank.phoneNumber },
      { by: "screenQr" },
      { by: "customerQr", content: this.#bank.personalQr },
    ]);
  }

  #customer(): Customer {
    const afterMs = this.#dice.pick([0, 0, whole(this.#dice, 1, 300), whole(this.#dice, 300, 1500)]);
    return { does: this.#dice.pick(["approve", "approve", "approve", "approve", "refuse"]), afterMs };
  }
}

async function orRefused<Value extends object>(call: () => Promise<Value>): Promise<Value | CallErrorCode> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BridgeCallError) return error.code;
    throw error;
  }
}
