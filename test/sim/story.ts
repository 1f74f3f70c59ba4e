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
    opened: (till) => desk.open(till),
  });
  const stage: Stage = {
    plan,
    shop,
    promises: new Promises(shop, plan.network.veryLate),
    tally: new Tally(),
    news: new News(shop),
    tell: tellOf?.(shop),
  };
  listen(stage);
  const troubled = makeTrouble(stage);
  const power = new Power(stage);
  const customers = new Customers(stage, desk);
  const night = new Night(shop);
  for (const atMs of plan.sweeps) void shop.world.sleep(atMs).then(() => night.sweep());
  void desk.open(shop).catch(() => undefined);
  shop.bank.onCreated = (account) => {
    stage.promises.created(account);
    void customers.asked(account);
  };
  await playSales(stage, customers);
  await comeToRest(stage, power, night);
  countEnds(stage);
  return { faults: [...stage.promises.broken, ...(await findFaults(stage))], tally: stage.tally, troubled };
}

async function playSales(stage: Stage, customers: Customers): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  const sales = sellAll(stage, customers);
  sales.then(end, end);
  if (!(await stage.shop.world.passUntil(() => over, 60 * dayMs))) throw new Error("the sales never came to an end");
  await sales;
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
}

/** The troubles end, the power stays, and a person decides on what is left: then all must be well. */
async function comeToRest(stage: Stage, power: Power, night: Night): Promise<void> {
  const { shop, plan, tell } = stage;
  await shop.world.pass(90_000);
  tell?.("power", "all troubles are over");
  power.disarm();
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
  shop.bank.refuse = () => undefined;
  shop.bank.limited = false;
  calm(shop);
  if (!shop.ready) await shop.world.passUntil(() => shop.ready, 60 * dayMs);
  await shop.world.pass(30_000);
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
  for (let round = 0; round < 20 && [...shop.disk.rows.values()].some(({ open }) => open); round += 1) {
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

function countEnds({ shop, tally }: Stage): void {
  tally.add("stories");
  for (const events of shop.disk.payments.values()) countCells(tally, events);
  for (const { operation } of shop.bank.effects) tally.add(`effect ${operation}`);
  for (const { state } of shop.disk.rows.values()) tally.add(`end ${state}`);
}
