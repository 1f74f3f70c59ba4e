import { BridgeCallError } from "../../daemon/protocol/client.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { Bank } from "./bank.ts";
import { chargedTwice, disagreements, forgotten } from "./books.ts";
import { Cashier, type Task } from "./cashier.ts";
import type { Death, Running } from "./life.ts";
import { type Attempt, Memory } from "./memory.ts";
import { Page, PageGone, type PageOptions } from "./page.ts";
import type { Plan } from "./points.ts";
import { Watch } from "./watch.ts";

/** How a life ended. */
export interface Outcome {
  readonly plan: Plan;
  /** The daemon died at the very point of the plan, and not at its time limit. */
  readonly hit: boolean;
  readonly faults: readonly string[];
  readonly tillId: string;
  readonly livedMs: number;
  readonly classifiedMs?: number;
}

/** A page is told of a disk that hangs within five seconds; the rest is the busy computer's. */
const toldMsMax = 8_000;
const patientTries = 10;
const readyMsMax = 180_000;
const restMsMax = 150_000;
const restNewsMs = 500;

/** What outlives the daemon of one till: the POS with its people, the customers, and the bank. It keeps the books. */
export class Counter {
  readonly memory: Memory;
  readonly bank: Bank;
  readonly #random: SeededRandom;
  readonly #cashier: Cashier;
  readonly #token: string;

  private constructor(tillId: string, token: string, random: SeededRandom, bank: Bank) {
    this.bank = bank;
    this.#token = token;
    this.#random = random;
    this.memory = new Memory(tillId);
    this.#cashier = new Cashier(this.memory, bank, random);
  }

  /** `token`: what a page needs to connect. */
  static async open(tillId: string, token: string, random: SeededRandom): Promise<Counter> {
    return new Counter(tillId, token, random, await Bank.open());
  }

  /** Whether the next start finds payments to take over. */
  get hasOpenPayments(): boolean {
    return this.memory.open().some(({ acknowledged }) => acknowledged.size > 0);
  }

  /** Sells while the daemon lives. `afterDeath`: what happens before the books are looked at; answers whether that was the point. */
  async liveOut(plan: Plan, life: Running, afterDeath: () => Promise<boolean>): Promise<Outcome> {
    const { bank, memory } = this;
    const { tillId } = memory;
    const watch = new Watch(plan, life, { bank, memory, random: this.#random });
    const faults = await this.#sellUntilDead(plan, life, watch);
    const death = await life.died;
    watch.end();
    if (death.signal !== "SIGKILL") faults.push(endedByItself(tillId, death));
    if (plan.hangs && !watch.isHit && (life.struckMs?.() ?? 0) > toldMsMax)
      faults.push(
        `${tillId}: its disk hung for ${Math.round((life.struckMs?.() ?? 0) / 1000)} s, and no page was told`,
      );
    const hit = (await afterDeath()) || watch.isHit || death.hit;
    faults.push(...chargedTwice(bank, memory), ...memory.faults.splice(0));
    const { classifiedMs } = watch;
    const livedMs = Math.round(life.livedMs());
    return { plan, hit, faults, tillId, livedMs, ...(classifiedMs !== undefined && { classifiedMs }) };
  }

  async #sellUntilDead(plan: Plan, life: Running, watch: Watch): Promise<string[]> {
    const faults: string[] = [];
    let page: Page | undefined;
    void life.died.then(() => page?.close());
    try {
      page = await this.#page(life, {
        onEvent: (event) => watch.onEvent(event),
        onRefused: (code) => watch.onRefused(code),
      });
      faults.push(...(await this.#audit(page)));
      await this.#cashier.pair(page);
      await this.#cashier.takeUp(page);
      for (;;) await this.#work(page, plan.task);
    } catch (error) {
      if (!(error instanceof PageGone) && !(error instanceof BridgeCallError)) throw error;
      // A disk that takes nothing also keeps questions from being answered.
      if (error instanceof BridgeCallError && !plan.rules) faults.push(`${this.memory.tillId}: ${error.code}`);
    } finally {
      page?.close();
    }
    return faults;
  }

  async #work(page: Page, task: Task): Promise<void> {
    await this.#cashier.work(page, task);
    await page.news(1);
    if (this.#random.chance(0.3)) await this.#cashier.decideAll(page);
    if (task === "recover") await this.#cashier.work(page, this.#random.pick(["sale", "leave", "cancel"]));
  }

  async #page(life: Running, { onEvent, onRefused }: Pick<PageOptions, "onEvent" | "onRefused">): Promise<Page> {
    const late = setTimeout(() => life.kill(), readyMsMax);
    try {
      const port = await life.port.catch(() => Promise.reject(new PageGone()));
      return await Page.open({ port, token: this.#token, memory: this.memory, onEvent, onRefused });
    } finally {
      clearTimeout(late);
    }
  }

  /** Nobody kills this life: a page that does not get in yet tries again, as pages do. */
  async #patientPage(life: Running): Promise<Page> {
    const quiet = { onEvent: () => undefined, onRefused: () => undefined };
    for (let left = patientTries; left > 0; left -= 1) {
      const page = await this.#page(life, quiet).catch((error: unknown) => {
        if (!(error instanceof PageGone)) throw error;
        return undefined;
      });
      if (page) return page;
    }
    throw new PageGone();
  }

  /** What was acknowledged in earlier lives is asked for again. */
  async #audit(page: Page): Promise<string[]> {
    const { memory } = this;
    const faults: string[] = [];
    for (const attempt of memory.attempts.filter(({ settled }) => !settled)) {
      const known = await look(page, memory, attempt);
      if (known || attempt.acknowledged.size > 0) faults.push(...forgotten(attempt, known));
      faults.push(...(await lookAtRefunds(page, attempt)));
    }
    const { paired } = await page.call("till.get", {});
    if (memory.paired && !paired) faults.push(`${memory.tillId}: its tag was acknowledged and is forgotten`);
    return faults;
  }

  /** Until nothing is open any more: then bank and till must agree. The daemon is left to its caller. */
  async comeToRest(life: Running): Promise<string[]> {
    const { bank, memory } = this;
    const page = await this.#patientPage(life);
    const faults = await this.#audit(page);
    const untilMs = performance.now() + restMsMax;
    await this.#cashier.takeUp(page);
    while (this.#isUnsettled() && performance.now() < untilMs) {
      await this.#cashier.decideAll(page);
      await page.news(restNewsMs);
      await this.#goOnWithOpen(page);
    }
    faults.push(...(await this.#audit(page)), ...disagreements(bank, memory), ...chargedTwice(bank, memory));
    page.close();
    for (const attempt of memory.attempts) Object.assign(attempt, { settled: true, retell: false });
    return [...faults, ...memory.faults.splice(0)];
  }

  /** A call whose answer was lost may never have reached the daemon: nobody knows of that payment, and nothing is to be done. */
  #isUnsettled(): boolean {
    return this.memory.open().some(({ view, reference }) => view !== undefined || this.bank.find(reference));
  }

  async #goOnWithOpen(page: Page): Promise<void> {
    for (const attempt of this.memory.open()) {
      const view = await look(page, this.memory, attempt);
      if (view?.state === "paid" && !attempt.left) await this.#cashier.goOn(page, attempt);
      await lookAtRefunds(page, attempt);
    }
  }

  close(): Promise<void> {
    return this.bank.close();
  }
}

async function look(page: Page, memory: Memory, attempt: Attempt) {
  const { paymentId } = attempt.order;
  const { events } = attempt;
  const view = await isKnown(() => page.call("payment.get", { paymentId }));
  if (view) memory.answered(view, events);
  return view;
}

async function lookAtRefunds(page: Page, { refunds }: Attempt): Promise<string[]> {
  const faults: string[] = [];
  for (const refund of refunds) {
    const { refundId } = refund;
    const view = await isKnown(() => page.call("refund.get", { refundId }));
    if (view && view.state !== "refunding") refund.over = true;
    if (!view && refund.acknowledged) faults.push(`${refundId}: acknowledged and then forgotten`);
  }
  return faults;
}

export function endedByItself(tillId: string, { code, signal, words }: Death): string {
  return `${tillId}: the daemon ended by itself (${code ?? signal}): ${words}`;
}

/** Undefined when there is no such thing. Anything else that goes wrong is thrown. */
async function isKnown<Value>(call: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BridgeCallError && error.code.endsWith("_NOT_FOUND")) return undefined;
    throw error;
  }
}
