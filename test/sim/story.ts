import type { SweepStore } from "../../daemon/payments/ports/sweep-store.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { Shop } from "../support/shop.ts";
import { findFaults } from "./check.ts";
import { countCells } from "./coverage.ts";
import { CheckInDesk, Customers } from "./customer.ts";
import { veryLateMsMax } from "./fault-plan.ts";
import type { Plan, SalePlan } from "./plan.ts";
import { offered, Pos } from "./pos.ts";
import { Power } from "./power.ts";
import { Promises } from "./promises.ts";
import { News, type Stage, type Tell } from "./stage.ts";
import { Tally } from "./tally.ts";
import type { ExtraTrouble } from "./extra-trouble.ts";
import { checkLiveness } from "./liveness.ts";
import { calm, makeTrouble } from "./trouble.ts";

export interface Outcome {
  /** What was wrong: nothing, if Tillbridge keeps its promises. */
  readonly faults: readonly string[];
  /** For the figures: sales, kills, crash points, cells of the machine, troubles, ends. */
  readonly tally: Tally;
  /** The calls to MobilePay that went wrong, by their number: for shrinking. */
  readonly troubled: readonly number[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A customer may scan the till's tag so long before the cashier presses "pay". */
const beforeSaleMs = 60_000;

/** Plays the sales of a plan in a virtual world, lets everything come to rest, and says what was wrong. */
export async function play(plan: Plan, tellOf?: (shop: Shop) => Tell): Promise<Outcome> {
  const desk = new CheckInDesk();
  const shop = new Shop({
    seed: plan.seed,
    capture: plan.capture,
    parts: () => desk.partsFor(),
    // The power may be away for days: a sale is one sale as long as the story lasts.
    saleIdMs: 30 * 86_400_000,
    opened: (till) => desk.open(till),
  });
  shop.disk.isWatched = plan.extra?.kind === "hangs";
  const stage: Stage = {
    plan,
    shop,
    promises: new Promises(shop, plan.network.veryLate, plan.extra),
    tally: new Tally(),
    news: new News(shop),
    tell: tellOf?.(shop),
  };
  listen(stage);
  const { troubled, extra } = makeTrouble(stage);
  const power = new Power(stage);
  const customers = new Customers(stage, desk);
  const night = new Night(shop);
  for (const atMs of plan.sweeps) void shop.world.sleep(atMs).then(() => night.sweep());
  void desk.open(shop).catch(() => undefined);
  shop.bank.onCreated = (account) => {
    stage.promises.created(account);
    void customers.asked(account);
  };
  const faults = await playToTheEnd(stage, customers, power, night, extra);
  return { faults: [...stage.promises.broken, ...faults], tally: stage.tally, troubled };
}

async function playToTheEnd(
  stage: Stage,
  customers: Customers,
  power: Power,
  night: Night,
  extra: ExtraTrouble,
): Promise<string[]> {
  const stuck = () => (power.stuck === undefined ? [] : [`the till does not start: ${power.stuck}`]);
  await playSales(stage, customers, () => power.stuck !== undefined);
  if (power.stuck === undefined) await comeToRest(stage, power, night, extra);
  if (power.stuck !== undefined) return stuck();
  await putBack(stage, night, power);
  countEnds(stage);
  await extra.neighbour?.comeToRest();
  return findFaults(stage);
}

async function playSales(stage: Stage, customers: Customers, isStuck: () => boolean): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  const sales = sellAll(stage, customers);
  sales.then(end, end);
  if (!(await stage.shop.world.passUntil(() => over || isStuck(), 60 * dayMs)))
    throw new Error("the sales never came to an end");
  if (over) await sales;
}

async function sellAll(stage: Stage, customers: Customers): Promise<void> {
  for (const [index, sale] of stage.plan.sales.entries()) await sell(stage, customers, sale, index + 1);
}

async function sell(stage: Stage, customers: Customers, sale: SalePlan, number: number): Promise<void> {
  const { world } = stage.shop;
  const { comesAtMs } = sale.customer;
  stage.tally.add("sales");
  if (comesAtMs !== undefined)
    void world.sleep(Math.max(0, beforeSaleMs + comesAtMs)).then(() => customers.come(sale, number));
  await world.sleep(comesAtMs !== undefined && comesAtMs < 0 ? beforeSaleMs : 0);
  stage.tell?.("POS", `sale ${number}: pay ${sale.customerBy}`);
  const pages = ["page" as const, ...sale.pages].map((page) => new Pos(stage, sale, { number, page }));
  await Promise.all(pages.map((pos) => pos.sell()));
  customers.leave(number);
}

/** Whoever listens to the till: its pages, and those who hold it to its promises. */
function listen({ shop, promises, news, tell }: Stage): void {
  shop.keepEvents = false;
  shop.onEvent = (event) => {
    promises.hear(event);
    news.tell();
    if (event.event === "payment.changed")
      tell?.("till", `${event.params.payment.paymentId} is ${event.params.payment.state}`);
    if (event.event === "refund.changed")
      tell?.("till", `${event.params.refund.refundId} is ${event.params.refund.state}`);
  };
  shop.onRequest = (request) => {
    promises.leaves(request);
  };
  shop.onAnswer = (request, answer) => {
    promises.answers.hear(request, answer);
  };
}

/** The troubles end, the power stays, and a person decides on what is left: then all must be well. */
async function comeToRest(stage: Stage, power: Power, night: Night, extra: ExtraTrouble): Promise<void> {
  const { shop, plan, tell } = stage;
  await shop.world.pass(90_000);
  await shop.world.passUntil(() => extra.underWay === 0, 3 * dayMs);
  extra.isArmed = false;
  if (plan.extra?.kind === "live") await checkLiveness(stage);
  tell?.("power", "all troubles are over");
  power.disarm();
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
  shop.bank.refuse = () => undefined;
  shop.bank.limited = false;
  calm(shop);
  if (!shop.ready) await shop.world.passUntil(() => shop.ready || power.stuck !== undefined, 60 * dayMs);
  if (power.stuck !== undefined) return;
  await checkLiveness(stage);
  if (shop.journal.failed()) await shop.restart();
  if (plan.network.veryLate) await shop.world.pass(veryLateMsMax);
  await clearAll(stage);
  tell?.("till", "sweeps");
  if (!(await shop.act(() => night.sweep()))) throw new Error("the sweep did not come to its end");
  await clearAll(stage);
}

/** Until no case is open any more, or nothing more comes of it. */
async function clearAll(stage: Stage): Promise<void> {
  const { shop, plan } = stage;
  const isClear = () =>
    [...shop.disk.rows].every(([paymentId, { open }]) => !open || stage.promises.damaged.has(paymentId)) &&
    shop.payments.recoveryItems().length === 0;
  for (let round = 0; round < 20 && !isClear(); round += 1) {
    await shop.world.pass(120_000);
    await clearList(stage, plan);
  }
}

/** The nightly sweep, whenever it is called. */
class Night {
  readonly #shop: Shop;
  readonly #sweeps: SweepStore;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#sweeps = memorySweeps(() => shop.world.now());
  }

  /** Whether it came to its end; where the till is off, or its disk fails, there is none. */
  async sweep(): Promise<boolean> {
    const { payments, ready } = this.#shop;
    if (!ready) return false;
    const swept = await payments.sweep(this.#sweeps, new AbortController().signal).catch((error: unknown) => {
      if (error instanceof BridgeError) return undefined;
      throw error;
    });
    return swept !== undefined;
  }
}

/** The person at the recovery list, and the POS that makes the receipts of what was rung up again. */
async function clearList({ shop, tell, promises }: Stage, plan: Plan): Promise<void> {
  for (const { paymentId, choices } of shop.payments.recoveryItems()) {
    if (choices.length === 0) continue;
    const decision = offered(shop, paymentId, plan.lastDecision);
    tell?.("person", `decides ${decision} for ${paymentId}`);
    await shop.act((payments) => payments.resolve({ paymentId, decision }));
    promises.acknowledge({ fact: "decided", paymentId, decision });
  }
  for (const [paymentId, { state }] of shop.disk.rows) {
    // MobilePay remembers another request under this name, which the till has forgotten: the cashier gives it up.
    if (promises.forgetful && state === "requesting") await shop.act((payments) => payments.cancel(paymentId));
    if (state !== "paid") continue;
    const receiptNumber = `receipt-${paymentId}`;
    await shop.act((payments) => payments.complete({ paymentId, receiptNumber }, shop.page())).catch(() => undefined);
  }
}

/**
 * The journal is put back to an older copy when all is over, and a day later the POS asks for all of it again, word for word: as a POS
 * does whose own disk was put back with it.
 */
async function putBack(stage: Stage, night: Night, power: Power): Promise<void> {
  const { shop, plan, promises, tell } = stage;
  if (plan.extra?.kind !== "putBack") return;
  const left = Math.floor((shop.disk.length * plan.extra.tenths) / 10);
  tell?.("disk", `the journal is put back to an older copy: ${left} of ${shop.disk.length} commits`);
  promises.forgetful = true;
  power.offMs = plan.extra.afterMs;
  shop.kill();
  shop.disk.keep(left);
  await shop.world.passUntil(() => shop.ready, 2 * dayMs);
  for (const { what, call } of promises.repeats) {
    const answer = await shop.act((payments) => call(payments).catch(refusal));
    tell?.("POS", `asks again to ${what}: ${answer instanceof BridgeError ? answer.code : "taken"}`);
  }
  for (const page of ["page", "second", "rival"]) shop.leave(page);
  await shop.world.pass(60_000);
  await clearAll(stage);
  await shop.act(() => night.sweep());
  await clearAll(stage);
}

/** An error is an answer too; anything else is our own mistake. */
function refusal(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  throw error;
}

function countEnds(stage: Stage): void {
  const { shop, tally } = stage;
  tally.add("stories");
  if (stage.promises.damaged.size === 0) for (const events of shop.disk.payments.values()) countCells(tally, events);
  for (const { operation } of shop.bank.effects) tally.add(`effect ${operation}`);
  for (const { state } of shop.disk.rows.values()) tally.add(`end ${state}`);
}
