import type { Fate, Operation } from "../support/bank.ts";
import { Shop } from "../support/shop.ts";
import { findFaults } from "./check.ts";
import { Dice, type Kill, type Plan } from "./plan.ts";
import { Pos } from "./pos.ts";

export interface Outcome {
  readonly faults: readonly string[];
  /** For the figures: how the last payment ended, and how often the power went. */
  readonly state: string;
  readonly kills: number;
}

const hourMs = 3_600_000;

/** Plays one sale of a plan in a virtual world, lets everything come to rest, and says what was wrong. */
export async function play(plan: Plan, onEnd: (shop: Shop) => void = () => {}): Promise<Outcome> {
  const shop = new Shop({ seed: plan.seed, capture: plan.capture });
  const pos = new Pos(shop, plan);
  const power = new Power(shop, plan.kills);
  makeTrouble(shop, plan);
  let over = false;
  const sale = pos.sell().finally(() => {
    over = true;
  });
  // Its failure is thrown where it is awaited, after everything else that belongs to the story.
  sale.catch(() => undefined);
  for (const { atMs, forMs } of plan.reloads) void shop.world.sleep(atMs).then(() => pos.reload(forMs));
  if (plan.cancelAtMs !== undefined) void shop.world.sleep(plan.cancelAtMs).then(() => pos.cancel());
  if (!(await shop.world.passUntil(() => over, 6 * hourMs))) throw new Error("the sale never came to an end");
  await sale;
  await comeToRest(shop, plan);
  onEnd(shop);
  const last = [...shop.disk.rows.values()].at(-1);
  return { faults: findFaults(shop, pos), state: last?.state ?? "none", kills: power.kills };
}

/** The troubles end, the power stays, and a person decides on what is left: then all must be well. */
async function comeToRest(shop: Shop, plan: Plan): Promise<void> {
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
  shop.disk.broken = false;
  if (!shop.life.alive) await shop.restart();
  for (let round = 0; round < 20 && [...shop.disk.rows.values()].some(({ open }) => open); round += 1) {
    await shop.world.pass(120_000);
    for (const { paymentId, choices } of shop.payments.recoveryItems()) {
      if (choices.length > 0) await shop.act((payments) => payments.resolve({ paymentId, decision: plan.decision }));
    }
    for (const [paymentId, { state }] of shop.disk.rows) {
      const receiptNumber = `receipt-${paymentId}`;
      if (state === "paid")
        await shop
          .act((payments) => payments.complete({ paymentId, receiptNumber }, shop.page()))
          .catch(() => undefined);
    }
  }
}

/** Turns the power off as planned, and on again after a while. */
class Power {
  kills = 0;
  readonly #shop: Shop;
  readonly #planned: Kill[];

  constructor(shop: Shop, planned: readonly Kill[]) {
    this.#shop = shop;
    this.#planned = [...planned];
    void this.#next();
  }

  async #next(): Promise<void> {
    const kill = this.#planned.shift();
    if (!kill) return;
    const { life, world } = this.#shop;
    if ("write" in kill.at) life.killAtWrite = { left: kill.at.write, before: kill.at.before };
    else void world.sleep(kill.at.ms).then(() => life.kill());
    await life.death;
    this.kills += 1;
    this.#shop.leave();
    this.#shop.leave("second");
    await world.sleep(kill.offMs);
    const booted = this.#shop.boot();
    void this.#next();
    await booted;
  }
}

function makeTrouble(shop: Shop, plan: Plan): void {
  const dice = new Dice(plan.seed + 1);
  shop.bank.fate = (operation) => fateOf(operation, dice, plan.networkTrouble);
  shop.bank.refuse = () => (dice.chance(plan.refusals) ? dice.pick([5100, 6260, 6100, 4050]) : undefined);
  shop.bank.onCreated = ({ reference }) => {
    const { does, afterMs } = plan.customer;
    void shop.world.sleep(afterMs).then(() => {
      if (does === "approve") shop.bank.approve(reference);
      if (does === "reject") shop.bank.reject(reference);
    });
  };
  for (const { atMs, forMs } of plan.diskTrouble) {
    void shop.world.sleep(atMs).then(async () => {
      shop.disk.broken = true;
      await shop.world.sleep(forMs);
      shop.disk.broken = false;
    });
  }
  for (const { atMs, byMs } of plan.clockJumps) {
    void shop.world.sleep(atMs).then(() => {
      shop.world.wallOffMs += byMs;
    });
  }
}

function fateOf(operation: Operation, dice: Dice, trouble: number): Fate {
  const latencyMs = dice.upTo(dice.chance(0.1) ? 3000 : 200);
  if (!dice.chance(trouble)) return { kind: "ok", latencyMs };
  const kind = dice.pick(["lostBefore", "lostAfter", "busy", "late", "doubled", "lie"] as const);
  if (kind === "late" || kind === "doubled") return { kind, latencyMs, lateMs: dice.upTo(45_000) };
  if (kind === "lie" && operation !== "look") return { kind: "lostAfter", latencyMs };
  if (kind === "lie")
    return {
      kind,
      latencyMs,
      lie: (truth) =>
        dice.pick([
          { ...truth, amount: { ...truth.amount, value: 1 } },
          { ...truth, reference: "another" },
          { ...truth, captured: truth.amount.value * 2 },
          { ...truth, state: "CREATED" as const },
        ]),
    };
  return { kind, latencyMs };
}
