import type { PaymentEventType } from "../../daemon/payments/payment/payment.ts";
import type { DiskTrouble } from "../support/disk.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * What a story can have beside the common troubles: at most one of these, so that a fault names its kind. Each has the troubles that
 * bring it about, and what is looked at; what is looked at is looked at in every story.
 */
export const kinds = [
  "told",
  "outage",
  "putBack",
  "answered",
  "badRow",
  "laterVersion",
  "hangs",
  "portalParts",
  "sleeps",
  "twoTills",
  "twins",
  "live",
  "receipts",
] as const;
export type Kind = (typeof kinds)[number];

/** Kinds that no story has by itself, because the till is known not to stand them: `--kind` plays them. */
export const notYet: ReadonlySet<Kind> = new Set<Kind>(["twins"]);

/** Whether what is looked at for this kind counts in a story. */
export function isWatched(kind: Kind, extra: Extra | undefined): boolean {
  return !notYet.has(kind) || extra?.kind === kind;
}

export type Extra =
  /** The disk refuses a write for a while, and the till may be started anew; the cashier believes what is then said. */
  | {
      readonly kind: "told";
      readonly write: PaymentEventType;
      readonly does: DiskTrouble;
      readonly forMs: number;
      readonly restartMs: number | undefined;
      readonly asksAfterMs: number;
    }
  /** From the moment a request was carried out the disk, or MobilePay, is away for longer than MobilePay keeps a key. */
  | {
      readonly kind: "outage";
      readonly of: DiskTrouble | "mobilePay";
      readonly landed: "create" | "capture" | "cancel" | "refund";
      readonly forMs: number;
    }
  /** When all is over the journal is put back to an older copy, and a day later the POS asks for all of it again. */
  | { readonly kind: "putBack"; readonly tenths: number; readonly afterMs: number }
  /** The journal is lost in mid-sale, and MobilePay is away when the till is up again. */
  | { readonly kind: "answered"; readonly write: PaymentEventType; readonly awayMs: number }
  /** A row of a payment can be read no more, or is of a version to come. The till is started anew. */
  | {
      readonly kind: "badRow" | "laterVersion";
      readonly write: PaymentEventType;
      readonly row: number;
      readonly change: RowChange;
    }
  /** A write does not come back for so long. */
  | { readonly kind: "hangs"; readonly write: PaymentEventType; readonly forMs: number }
  /** Others take, let go and give back, in parts. */
  | { readonly kind: "portalParts" | "receipts"; readonly acts: readonly PortalAct[] }
  /** The computer sleeps. */
  | { readonly kind: "sleeps"; readonly atMs: number; readonly forMs: number }
  /** Another till of the sales unit gives money back; or one by the same name starts the same payment. */
  | {
      readonly kind: "twoTills" | "twins";
      readonly tillId: "kassa1" | "kassa2";
      readonly atMs: number;
      readonly tenths: number;
    }
  /** MobilePay never takes, or never lets go of, the money of this story. */
  | { readonly kind: "live"; readonly operation: "capture" | "cancel"; readonly code: number | undefined };

/** Which column of the row, and what becomes of it. */
export type RowChange = "bodyCut" | "bodyEmpty" | "typeUnknown" | "fieldsGone" | "atGone" | "fieldsAdded";

export interface PortalAct {
  readonly atMs: number;
  readonly does: "cancel" | "capture" | "refund";
  readonly tenths: number;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** MobilePay keeps a key for a day: one hour more. */
const longerThanKeysMs = 25 * hourMs;
const share = 0.06;

/** Drawn apart from the rest of the plan, so that a seed keeps its story. */
export function extraFor(seed: number, only?: Kind): Extra | undefined {
  const random = new SeededRandom(seed, 77);
  const isDrawn = random.chance(share);
  const kind = random.weighed(weights);
  if (only) return draw[only](random);
  return isDrawn && !notYet.has(kind) ? draw[kind](random) : undefined;
}

/** Stories over days take long. */
const weights: readonly (readonly [number, Kind])[] = kinds.map((kind) => [kind === "outage" ? 0.1 : 1, kind]);

const draw: { readonly [Name in Kind]: (random: SeededRandom) => Extra } = {
  told: (random) => ({
    kind: "told",
    write: random.pick(["started", "refundStarted", "refundStarted", "decided"]),
    does: random.pick(["syncFails", "syncFails", "full"]),
    forMs: random.upTo(10_000),
    restartMs: random.chance(0.7) ? random.upTo(10_000) : undefined,
    asksAfterMs: random.pick([0, random.upTo(20_000)]),
  }),
  outage: (random) => ({
    kind: "outage",
    of: random.pick(["full", "syncFails", "gone", "mobilePay"]),
    landed: random.pick(["create", "capture", "cancel", "refund", "refund"]),
    forMs: longerThanKeysMs,
  }),
  putBack: (random) => ({ kind: "putBack", tenths: random.upTo(10), afterMs: longerThanKeysMs }),
  answered: (random) => ({
    kind: "answered",
    write: random.pick(["requested", "created", "created", "authorized", "captured"]),
    awayMs: random.upTo(20 * minuteMs),
  }),
  badRow: (random) => ({
    kind: "badRow",
    write: random.pick(touched),
    row: Math.floor(random.upTo(5)),
    change: random.pick(["bodyCut", "bodyEmpty", "fieldsGone", "atGone"]),
  }),
  laterVersion: (random) => ({
    kind: "laterVersion",
    write: random.pick(touched),
    row: Math.floor(random.upTo(5)),
    change: random.pick(["typeUnknown", "fieldsAdded"]),
  }),
  hangs: (random) => ({
    kind: "hangs",
    write: random.pick([
      "started",
      "created",
      "captureRequested",
      "captured",
      "receiptMade",
      "refundStarted",
      "decided",
    ]),
    forMs: random.upTo(2 * minuteMs),
  }),
  portalParts: (random) => ({
    kind: "portalParts",
    acts: random.list(random.pick([1, 1, 2, 3]), () => ({
      atMs: random.upTo(random.pick([20_000, 2 * minuteMs])),
      does: random.pick(["cancel", "capture", "capture", "refund"]),
      tenths: random.pick([1, 3, 5, 7, 10]),
    })),
  }),
  sleeps: (random) => ({ kind: "sleeps", atMs: 35_000 + random.upTo(24_000), forMs: random.upTo(20 * minuteMs) }),
  twoTills: (random) => ({
    kind: "twoTills",
    tillId: random.pick(["kassa1", "kassa2", "kassa2"]),
    atMs: random.upTo(40_000),
    tenths: random.pick([2, 3, 5, 10]),
  }),
  twins: (random) => ({ kind: "twins", tillId: "kassa1", atMs: random.upTo(40_000), tenths: 10 }),
  live: (random) => ({
    kind: "live",
    operation: random.pick(["capture", "capture", "cancel"]),
    code: random.pick([undefined, 6030, 6140, 6190]),
  }),
  receipts: (random) => ({
    kind: "receipts",
    acts: random.list(2, () => ({ atMs: random.upTo(40_000), does: "cancel" as const, tenths: 10 })),
  }),
};

const touched = ["created", "authorized", "captured", "receiptMade", "refundStarted", "cancelRequested"] as const;
