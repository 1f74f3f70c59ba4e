import type { PaymentEventType } from "../../daemon/payments/payment/payment.ts";
import type { Decision } from "../../daemon/protocol/values.ts";
import type { Operation } from "../support/bank.ts";
import type { DiskTrouble } from "../support/disk.ts";
import { type Extra, extraFor, type Kind } from "./extra.ts";
import { SeededRandom } from "./seeded-random.ts";

/** What somebody can do in MobilePay's portal, whole and in parts. A part is a third of the amount. */
const portalActs = [
  "cancel",
  "capture",
  "refund",
  "captureAndRefund",
  "capturePart",
  "captureAndCancelParts",
  "captureAndRefundParts",
  "refundAll",
] as const;
export type PortalAct = (typeof portalActs)[number];

/** What makes a few simulated sales hard. Drawn from a seed; parts of it can be taken away to see what a failure needs. */
export interface Plan {
  readonly seed: number;
  readonly capture: "onApproval" | "onReceipt";
  readonly sales: readonly SalePlan[];
  readonly network: Network;
  /** Chance that MobilePay refuses a call for good. */
  readonly refusals: number;
  /** Whether MobilePay keeps to its limits per payment and minute. */
  readonly limited: boolean;
  /** Whether the answer to a cancellation sticks to its key. */
  readonly cancelsStick: boolean;
  readonly kills: readonly Kill[];
  readonly disk: readonly DiskPlan[];
  /** How long reading the disk takes. */
  readonly readMs: number;
  readonly clockJumps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** What somebody does in MobilePay's portal to the newest payment. `atDecision`: when a decision is being stored. */
  readonly portal: readonly {
    readonly atMs: number | "atDecision";
    readonly does: PortalAct;
  }[];
  /** Whether MobilePay's webhooks tell the till to look at once. */
  readonly webhooks: boolean;
  /** When the nightly sweep runs. */
  readonly sweeps: readonly number[];
  /** What the person decides who clears the recovery list when all is over. */
  readonly lastDecision: Decision;
  readonly extra: Extra | undefined;
}

/** One customer with a basket. Times count from the moment the cashier presses "pay". */
export interface SalePlan {
  readonly customerBy: "screenQr" | "phone" | "tillTag" | "customerQr";
  readonly customer: CustomerPlan;
  /** Other pages of the same till: `second` shows the same sale, `rival` makes payment ids of its own for it. */
  readonly pages: readonly ("second" | "rival")[];
  /** Each call is made twice at once. */
  readonly repeats: boolean;
  /** Times at which the page goes, and for how long. */
  readonly reloads: readonly { readonly atMs: number; readonly forMs: number }[];
  /** When the page goes for good. */
  readonly goneAtMs: number | undefined;
  readonly cancelAtMs: number | undefined;
  /** Whether the cashier decides on a payment that is paid, instead of making its receipt. */
  readonly asksToDecide: boolean;
  readonly decision: Decision;
  /** Whether the cashier decides otherwise when the first decision was not acknowledged. */
  readonly changesMind: boolean;
  /** Whether "ring up again" is for a new sale. */
  readonly ringsUpAsNew: boolean;
  /** What the cashier does when the payment ends without money: try the sale again with a new payment. */
  readonly triesAgain: boolean;
  /** Refunds after the sale, in parts of the amount (tenths), asked for at the same time. */
  readonly refundTenths: readonly number[];
}

interface CustomerPlan {
  readonly does: "approve" | "reject" | "nothing";
  /** When, after the request is on the phone; `atCancel`: at the moment a cancellation arrives. */
  readonly afterMs: number | "atCancel";
  /** How long the approval takes; meanwhile nothing can be withdrawn. */
  readonly processingMs: number;
  /** When the customer scans the till's tag, or shows a code: before the sale, or after. Undefined: never. */
  readonly comesAtMs: number | undefined;
}

interface Network {
  /** Whether late requests may arrive minutes after the daemon has stopped counting on them. */
  readonly veryLate: boolean;
  /** Chance that a call to MobilePay goes wrong. */
  readonly trouble: number;
  /** Only these calls may go wrong, counted from the start of the story. Undefined: any. */
  readonly calls: readonly number[] | undefined;
}

export interface DiskPlan {
  readonly atMs: number;
  readonly forMs: number;
  /** A number: how long each write then takes. */
  readonly does: DiskTrouble | number;
}

export interface Kill {
  readonly at: KillAt;
  readonly offMs: number;
  /** Whether what was not synced may be lost too. */
  readonly powerCut: boolean;
  /** The disk comes back as an old image: so many of ten commits are left. */
  readonly imageTenths: number | undefined;
}

/** `nth`: not the first time but the nth, from 0. */
export type KillAt =
  | { readonly ms: number }
  | { readonly write: number; readonly phase: WritePhase }
  | { readonly event: PaymentEventType; readonly phase: WritePhase; readonly nth: number }
  | { readonly call: Operation; readonly phase: CallPhase; readonly nth: number };
type WritePhase = (typeof writePhases)[number];
type CallPhase = (typeof callPhases)[number];

const writePhases = ["before", "written", "synced"] as const;
const callPhases = ["leaving", "landed", "answered"] as const;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** `only`: the story has an extra of this kind, whatever its seed would have. */
export function planFor(seed: number, only?: Kind): Plan {
  const plan = withExtra(drawn(seed, new SeededRandom(seed)), extraFor(seed, only));
  const forgets = plan.kills.some(({ imageTenths }) => imageTenths !== undefined);
  return forgets || (plan.extra && alone.has(plan.extra.kind)) ? withSales(plan, { pages: [] }) : plan;
}

/** Where the disk is replaced, only the same payment id finds a payment again: there is no second page with ids of its own. */
const alone: ReadonlySet<Kind> = new Set([
  "told",
  "putBack",
  "answered",
  "badRow",
  "laterVersion",
  "twoTills",
  "twins",
]);

/** So that the fault of an extra is its own: the troubles that would hide it are left out. */
function withExtra(drawnPlan: Plan, extra: Extra | undefined): Plan {
  if (!extra) return drawnPlan;
  const kills = drawnPlan.kills.map((one) => ({ ...one, imageTenths: undefined }));
  const plan = { ...drawnPlan, extra, kills };
  switch (extra.kind) {
    case "told":
      return withSales(plan, { repeats: false, ...(extra.write === "refundStarted" && { refundTenths: [3] }) });
    case "outage":
      return withSales({ ...plan, kills: [], disk: [] }, extra.landed === "refund" ? { refundTenths: [2, 3] } : {});
    case "answered":
      return withSales({ ...plan, kills: [], disk: [] }, plan.seed % 2 === 0 ? { customerBy: "tillTag" } : {});
    case "live":
      return { ...plan, kills: [], disk: [], portal: [], refusals: 0, network: { ...plan.network, trouble: 0 } };
    case "receipts":
      return { ...plan, capture: "onReceipt" };
    // The customer scans the tag, the computer falls asleep, and somebody else stands at the till when it wakes.
    case "sleeps":
      return withCustomers(withSales(plan, { customerBy: "tillTag" }), { comesAtMs: -30_000 });
    case "hangs":
      return { ...plan, disk: [] };
    default:
      return plan;
  }
}

function withCustomers(plan: Plan, change: Partial<CustomerPlan>): Plan {
  return { ...plan, sales: plan.sales.map((one) => ({ ...one, customer: { ...one.customer, ...change } })) };
}

function withSales(plan: Plan, change: Partial<SalePlan>): Plan {
  return { ...plan, sales: plan.sales.map((one) => ({ ...one, ...change })) };
}

function drawn(seed: number, random: SeededRandom): Plan {
  return {
    seed,
    capture: random.chance(0.25) ? "onReceipt" : "onApproval",
    sales: random.list(random.pick([1, 1, 1, 1, 1, 1, 2, 2, 3]), () => sale(random)),
    network: { trouble: random.pick([0, 0, 0, 0.1, 0.2, 0.5]), calls: undefined, veryLate: random.chance(0.05) },
    refusals: random.pick([0, 0, 0, 0.1]),
    limited: random.chance(0.5),
    cancelsStick: random.chance(0.5),
    kills: random.list(random.pick([0, 1, 1, 1, 2, 3]), () => kill(random)),
    disk: random.list(random.chance(0.2) ? 1 : 0, () => ({
      atMs: random.upTo(40_000),
      forMs: random.upTo(30_000),
      does: random.pick(["full", "syncFails", "syncFails", "gone", 300, 4000] as const),
    })),
    readMs: random.pick([0.5, 0.5, 5]),
    clockJumps: random.list(random.chance(0.2) ? random.pick([1, 2]) : 0, () => ({
      atMs: random.upTo(60_000),
      byMs: random.pick([yearMs, -yearMs, random.upTo(dayMs)]),
    })),
    portal: random.list(random.chance(0.15) ? random.pick([1, 1, 2, 3]) : 0, () => ({
      atMs: random.chance(0.3) ? ("atDecision" as const) : random.upTo(2 * minuteMs),
      does: random.pick(portalActs),
    })),
    webhooks: random.chance(0.5),
    sweeps: random.list(random.chance(0.1) ? 1 : 0, () => random.upTo(2 * minuteMs)),
    lastDecision: random.pick(["refund", "reRing"]),
    extra: undefined,
  };
}

function sale(random: SeededRandom): SalePlan {
  const cancelAtMs = random.chance(0.25) ? random.upTo(25_000) : undefined;
  return {
    customerBy: random.pick(["screenQr", "phone", "tillTag", "customerQr"]),
    customer: {
      does: random.weighed([
        [28, "approve"],
        [4, "reject"],
        [1, "nothing"],
      ]),
      afterMs: random.chance(cancelAtMs === undefined ? 0 : 0.3)
        ? "atCancel"
        : random.upTo(
            random.weighed([
              [4, 3000],
              [3, 20_000],
              [1, 60_000],
            ]),
          ),
      processingMs: random.pick([0, 0, random.upTo(5000)]),
      comesAtMs: random.chance(0.05) ? undefined : random.pick([random.upTo(20_000), -random.upTo(minuteMs)]),
    },
    pages: random.weighed([
      [8, []],
      [1, ["second"]],
      [1, ["rival"]],
    ]),
    repeats: random.chance(0.15),
    reloads: random.list(random.pick([0, 0, 0, 1, 2]), () => ({
      atMs: random.upTo(30_000),
      forMs: random.pick([random.upTo(2000), random.upTo(minuteMs)]),
    })),
    goneAtMs: random.chance(0.08) ? random.upTo(30_000) : undefined,
    cancelAtMs,
    asksToDecide: random.chance(0.03),
    decision: random.pick(["refund", "reRing"]),
    changesMind: random.chance(0.2),
    ringsUpAsNew: random.chance(0.3),
    triesAgain: random.chance(0.5),
    refundTenths: random.list(random.pick([0, 0, 0, 1, 2, 3]), () => random.pick([2, 3, 5, 10])),
  };
}

function kill(random: SeededRandom): Kill {
  return {
    at: killAt(random),
    offMs: random.weighed([
      [3, random.upTo(500)],
      [3, random.upTo(20_000)],
      [3, random.upTo(90_000)],
      [1, random.upTo(15 * dayMs)],
    ]),
    powerCut: random.chance(0.5),
    imageTenths: random.chance(0.02) ? Math.floor(random.upTo(10)) : undefined,
  };
}

/** The events at whose writing a kill is most worth while: all that a payment can live through. */
const killEvents: readonly PaymentEventType[] = [
  "started",
  "requested",
  "created",
  "createRefused",
  "authorized",
  "captureRequested",
  "captured",
  "captureRefused",
  "cancelRequested",
  "abandoned",
  "receiptMade",
  "decided",
  "decided",
  "released",
  "withdrawn",
  "refundStarted",
  "refundStarted",
  "refunded",
  "refundRefused",
];

function killAt(random: SeededRandom): KillAt {
  return random.weighed<() => KillAt>([
    [2, () => ({ ms: random.upTo(40_000) })],
    [2, () => ({ write: Math.floor(random.upTo(6)), phase: random.pick(writePhases) })],
    [4, () => ({ event: random.pick(killEvents), phase: random.pick(writePhases), nth: random.pick([0, 0, 0, 1]) })],
    [
      2,
      () => ({
        call: random.pick(["create", "look", "cancel", "capture", "refund", "landed"] as const),
        phase: random.pick(callPhases),
        nth: random.pick([0, 0, 1, 3]),
      }),
    ],
  ])();
}
