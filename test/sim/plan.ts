import { VirtualWorld } from "../support/virtual-world.ts";

/** What makes one simulated sale hard. Drawn from a seed; parts of it can be taken away to see what a failure needs. */
export interface Plan {
  readonly seed: number;
  readonly capture: "onApproval" | "onReceipt";
  readonly customerBy: "screenQr" | "phone" | "tillTag" | "customerQr";
  /** Chance that a call to MobilePay goes wrong. */
  readonly networkTrouble: number;
  /** Chance that MobilePay refuses a call for good. */
  readonly refusals: number;
  readonly customer: { readonly does: "approve" | "reject" | "nothing"; readonly afterMs: number };
  /** Kills of the daemon: at a durable write (before or after it), or at a time. */
  readonly kills: readonly Kill[];
  /** Times at which the page goes, and for how long. */
  readonly reloads: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly secondPage: boolean;
  readonly cancelAtMs: number | undefined;
  readonly diskTrouble: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly clockJumps: readonly { readonly atMs: number; readonly byMs: number }[];
  readonly decision: "refund" | "reRing";
  /** What the cashier does when the payment ends without money: try the sale again with a new payment. */
  readonly triesAgain: boolean;
  /** Refunds after the sale, in parts of the amount (tenths), asked for at the same time. */
  readonly refundTenths: readonly number[];
}

export interface Kill {
  readonly at: { readonly write: number; readonly before: boolean } | { readonly ms: number };
  readonly offMs: number;
}

const yearMs = 365 * 86_400_000;

export function planFor(seed: number): Plan {
  const dice = new Dice(seed);
  return {
    seed,
    capture: dice.chance(0.25) ? "onReceipt" : "onApproval",
    customerBy: dice.pick(["screenQr", "phone", "tillTag", "customerQr"]),
    networkTrouble: dice.pick([0, 0, 0.1, 0.3, 0.6]),
    refusals: dice.pick([0, 0, 0, 0.1]),
    customer: {
      does: dice.pick(["approve", "approve", "approve", "approve", "reject", "nothing"]),
      afterMs: dice.pick([dice.upTo(3000), dice.upTo(20_000), dice.upTo(120_000)]),
    },
    kills: dice.list(dice.pick([0, 1, 1, 2, 3]), () => kill(dice)),
    reloads: dice.list(dice.pick([0, 0, 1, 2]), () => ({
      atMs: dice.upTo(30_000),
      forMs: dice.pick([dice.upTo(2000), dice.upTo(60_000)]),
    })),
    secondPage: dice.chance(0.2),
    cancelAtMs: dice.chance(0.3) ? dice.upTo(25_000) : undefined,
    diskTrouble: dice.list(dice.chance(0.15) ? 1 : 0, () => ({ atMs: dice.upTo(20_000), forMs: dice.upTo(30_000) })),
    clockJumps: dice.list(dice.chance(0.2) ? 1 : 0, () => ({
      atMs: dice.upTo(20_000),
      byMs: dice.pick([yearMs, -yearMs, dice.upTo(86_400_000)]),
    })),
    decision: dice.pick(["refund", "reRing"]),
    triesAgain: dice.chance(0.5),
    refundTenths: dice.list(dice.pick([0, 0, 1, 2, 3]), () => dice.pick([2, 3, 5, 10])),
  };
}

function kill(dice: Dice): Kill {
  const at = dice.chance(0.6)
    ? { write: Math.floor(dice.upTo(6)), before: dice.chance(0.5) }
    : { ms: dice.upTo(40_000) };
  return { at, offMs: dice.pick([dice.upTo(500), dice.upTo(20_000), dice.upTo(90_000)]) };
}

/** Chance from a seed. */
export class Dice {
  readonly #world: VirtualWorld;

  constructor(seed: number) {
    this.#world = new VirtualWorld(seed);
    for (let warm = 0; warm < 3; warm += 1) this.#world.chance();
  }

  chance(of: number): boolean {
    return this.#world.chance() < of;
  }

  upTo(most: number): number {
    return this.#world.chance() * most;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#world.chance() * values.length)] as Value;
  }

  list<Value>(length: number, make: () => Value): Value[] {
    return Array.from({ length }, make);
  }
}
