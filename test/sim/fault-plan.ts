import type { Snapshot } from "../../daemon/payments/ports/gateway.ts";
import type { PlannedFault, Operation } from "../support/bank.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { Plan } from "./plan.ts";

/** Longest time a request travels after its caller has given up. The daemon counts on a minute in all. */
const lateMsMax = 45_000;
export const veryLateMsMax = 600_000;

/**
 * What happens to the nth call of a story: a function of its seed and that number, whatever happened to the others. So a
 * shrunk story can keep the one lost answer that it needs.
 */
export function faultOf(plan: Plan, call: number, operation: Operation): PlannedFault {
  const random = new SeededRandom(plan.seed, 1000 + call);
  const slowest = random.chance(0.1) ? 3000 : 100;
  // An answer that takes no time of its own is the rule: less to simulate, and nothing lost by it.
  const travel = { latencyMs: random.upTo(slowest), ...(random.chance(0.3) && { answerMs: random.upTo(slowest) }) };
  const { trouble, calls, veryLate } = plan.network;
  const spared = calls !== undefined && !calls.includes(call);
  return !random.chance(trouble) || spared ? { kind: "ok", ...travel } : troubleOf(random, operation, travel, veryLate);
}

function troubleOf(
  random: SeededRandom,
  operation: Operation,
  travel: { latencyMs: number; answerMs?: number },
  veryLate: boolean,
): PlannedFault {
  const kind = random.pick([
    "lostBefore",
    "lostAfter",
    "busy",
    "busyAfter",
    "half",
    "late",
    "doubled",
    operation === "look" ? "lie" : "lostAfter",
    operation === "look" ? "stale" : "late",
  ] as const);
  switch (kind) {
    case "late":
    case "doubled":
      return { kind, ...travel, lateMs: random.upTo(veryLate ? veryLateMsMax : lateMsMax) };
    case "busy":
    case "busyAfter":
      return random.chance(0.3) ? { kind, ...travel, retryAfterMs: random.upTo(30_000) } : { kind, ...travel };
    case "stale":
      return { kind, ...travel, staleMs: random.upTo(5000) };
    case "lie":
      return { kind, ...travel, lie: (truth) => random.pick(lies)(truth) };
    default:
      return { kind, ...travel };
  }
}

/** Answers that cannot be true of the payment that was asked about. */
const lies: readonly ((truth: Snapshot) => Snapshot)[] = [
  (truth) => ({ ...truth, amount: { ...truth.amount, value: 1 } }),
  (truth) => ({ ...truth, amount: { ...truth.amount, currency: "EUR" } }),
  (truth) => ({ ...truth, reference: "another" }),
  (truth) => ({ ...truth, captured: truth.amount.value * 2 }),
  (truth) => ({ ...truth, authorized: truth.amount.value, captured: -1 }),
  (truth) => ({ ...truth, refunded: truth.captured + 1 }),
  (truth) => ({ ...truth, state: truth.state === "CREATED" ? "AUTHORIZED" : "CREATED" }),
];

/** The codes with which MobilePay may refuse each call for good, of every class in its table. */
const refusals: Readonly<Record<Operation, readonly number[]>> = {
  create: [4050, 4060, 5080, 6010, 7010, 4140],
  look: [],
  landed: [],
  cancel: [6030, 6190],
  capture: [6100, 6260, 6140, 6200, 6170],
  refund: [5100, 6220, 6210, 6180],
};

/** Whether MobilePay refuses this call, and with which code. */
export function refusalOf(plan: Plan, call: number, operation: Operation): number | undefined {
  const codes = refusals[operation];
  if (plan.refusals === 0 || codes.length === 0) return undefined;
  const random = new SeededRandom(plan.seed, 5_000_000 + call);
  return random.chance(plan.refusals) ? random.pick(codes) : undefined;
}
