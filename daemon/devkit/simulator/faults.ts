/** Calls that a fault can be planned for. `webhook` is a delivery by the platform; `any` is every call of the API. */
export const operations = [
  "token",
  "create",
  "get",
  "events",
  "cancel",
  "capture",
  "refund",
  "forceApprove",
  "qrPut",
  "qrPutMobilePay",
  "qrGet",
  "qrList",
  "qrDelete",
  "webhookRegister",
  "webhookList",
  "webhookDelete",
  "salesUnit",
  "ledgers",
  "report",
  "webhook",
] as const;

/** One of {@link operations}. */
export type Operation = (typeof operations)[number];

/** Whether the platform does what was asked before the fault strikes. */
type Effect = "none" | "done";

/** What goes wrong with a call. */
export type Fault =
  /** The connection breaks before the platform has done anything. */
  | { readonly kind: "lostBefore" }
  /** The platform does it, then the connection breaks without an answer. */
  | { readonly kind: "lostAfter" }
  /** The platform answers late; `at: "request"`: it also does it late. */
  | { readonly kind: "slow"; readonly ms: number; readonly at?: "request" | "answer" }
  /** The answer comes one byte at a time. */
  | { readonly kind: "trickle"; readonly msPerByte?: number }
  /** Another HTTP status; nothing is done unless `effect` says so. */
  | {
      readonly kind: "status";
      readonly status: 401 | 403 | 423 | 429 | 500 | 502 | 503 | 504;
      readonly retryAfterSeconds?: number;
      readonly effect?: Effect;
    }
  /** HTTP 200 with a web page, as a captive portal or a broken proxy sends. */
  | { readonly kind: "html"; readonly effect?: Effect }
  /** The right status with nothing in it. */
  | { readonly kind: "emptyBody" }
  /** The answer speaks of another payment. */
  | { readonly kind: "wrongReference" }
  | { readonly kind: "wrongAmount" }
  | { readonly kind: "wrongCurrency" }
  /** The answer says `CREATED` with nothing reserved, whatever came before. */
  | { readonly kind: "stateBackwards" }
  /** Webhooks only: the event comes twice. */
  | { readonly kind: "duplicatedWebhook" }
  /** A redirect to somewhere else; nothing is done. */
  | { readonly kind: "redirect"; readonly location?: string };

/** When a fault strikes. */
export interface FaultPlan {
  readonly operation: Operation | "any";
  readonly fault: Fault;
  /** The how-manieth call from now is the first one hit; 1 (default) is the next. */
  readonly call?: number;
  /** How many calls are hit, from that one on. Default 1, or without end when `probability` is given. */
  readonly times?: number;
  /** Each call is hit with this probability (0 to 1), by the seeded dice of the simulator. */
  readonly probability?: number;
}

/** A plan that is in force. */
export interface PlannedFault extends FaultPlan {
  readonly id: number;
  /** How many calls it has hit. */
  readonly hits: number;
}

interface Entry {
  readonly id: number;
  readonly plan: FaultPlan;
  calls: number;
  hits: number;
}

const plansMax = 1000;

/** The faults to come. The oldest plan that fits a call strikes; every plan counts every call it could fit. */
export class Faults {
  #entries: Entry[] = [];
  #nextId = 1;
  #dice: () => number;

  constructor(seed = 1) {
    this.#dice = seededDice(seed);
  }

  /** Answers the plan's number, for {@link remove}. */
  plan(plan: FaultPlan): number {
    if (this.#entries.length >= plansMax) this.#entries.shift();
    const id = this.#nextId++;
    this.#entries.push({ id, plan, calls: 0, hits: 0 });
    return id;
  }

  remove(id: number): void {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
  }

  clear(): void {
    this.#entries = [];
  }

  /** The same seed throws the same dice. */
  seed(seed: number): void {
    this.#dice = seededDice(seed);
  }

  list(): PlannedFault[] {
    return this.#entries.map(({ id, plan, hits }) => ({ id, ...plan, hits }));
  }

  /** The fault that strikes this call, if any. Call it once for each call. */
  next(operation: Operation): Fault | undefined {
    let struck: Entry | undefined;
    for (const entry of this.#entries) {
      if (!fits(entry.plan.operation, operation)) continue;
      entry.calls += 1;
      if (!struck && this.#strikes(entry)) struck = entry;
    }
    if (!struck) return undefined;
    struck.hits += 1;
    if (struck.hits >= timesOf(struck.plan)) this.remove(struck.id);
    return struck.plan.fault;
  }

  #strikes({ plan, calls }: Entry): boolean {
    if (calls < (plan.call ?? 1)) return false;
    return plan.probability === undefined || this.#dice() < plan.probability;
  }
}

function fits(planned: Operation | "any", operation: Operation): boolean {
  return planned === operation || (planned === "any" && operation !== "webhook");
}

function timesOf(plan: FaultPlan): number {
  return plan.times ?? (plan.probability === undefined ? 1 : Number.POSITIVE_INFINITY);
}

/** mulberry32: small, and good enough for dice. */
function seededDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
