import type { PaymentState } from "../../daemon/protocol/values.ts";
import type { Seen } from "./bank.ts";
import type { Task } from "./cashier.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import type { InnerTrigger, PlatformCall } from "./triggers.ts";
import { whole } from "./whole.ts";

/** What a life of the daemon is for, and how it ends. Without a trigger it ends after `msMax`. */
export interface Plan {
  readonly point: number;
  readonly task: Task;
  readonly inner?: InnerTrigger;
  /** For the disk under the daemon; see disk.c. */
  readonly rules?: readonly string[];
  readonly platform?: Seen;
  /** The page is told that a payment has this state, or that a refund is over. */
  readonly told?: PaymentState | "refundOver";
  /** The page is told that the journal cannot be written; the daemon lives on for a while. */
  readonly refused?: true;
  /** The disk hangs and never comes back: the page must be told in time. */
  readonly hangs?: true;
  /** At no particular moment, so long after the daemon was ready. */
  readonly afterReadyMs?: number;
  readonly msMax: number;
  readonly clock?: { readonly afterMs: number; readonly byMs: number };
  readonly checkpointPages?: number;
  /** The log is about to be begun anew. */
  readonly logFull?: true;
  /** What happens while the till is without power. */
  readonly meanwhile?: "mobilePayCancels" | "customerActs" | "oldImage" | "update";
}

/** Where a life of its own is needed: a till that starts for the first time. */
export const firstStart = 17;
export const inRecovery = 15;
export const oldImage = 23;

export interface Point {
  readonly number: number;
  readonly words: string;
  /** Undefined: this version has nothing that could be interrupted here. */
  readonly draw?: (random: SeededRandom) => Omit<Plan, "point" | "msMax"> & { readonly msMax?: number };
}

const lifeMsMax = 8000;
/** Until the hang, and what a page may then wait, with room to spare. */
const hangMsMax = 14_000;
const machineMsMax = 90_000;
const yearMs = 365 * 86_400_000;

/** The crash points that every recovery test must hit, and how each is hit here. */
export const points: readonly Point[] = [
  {
    number: 1,
    words: "before the intent is durable",
    draw: (random) => commit("sale", "started", "before", whole(random, 1, 2)),
  },
  {
    number: 2,
    words: "intent durable, nothing sent",
    draw: (random) =>
      random.pick([
        commit("sale", "started", "after"),
        request("sale", "create", "created"),
        commit("tagSale", "requested", "after"),
      ]),
  },
  {
    number: 3,
    words: "request partly sent",
    draw: (random) =>
      random.pick([
        request("sale", "create", "partly"),
        request("sale", "capture", "partly"),
        request("cancel", "cancel", "partly"),
        request("refund", "refund", "partly"),
      ]),
  },
  {
    number: 4,
    words: "sent, no answer",
    draw: (random) => ({
      task: random.pick(["sale", "tagSale"]),
      platform: { operation: "create", when: moment(random) },
    }),
  },
  {
    number: 5,
    words: "answer received, not stored",
    draw: (random) => random.pick([request("sale", "create", "answered"), commit("sale", "created", "before")]),
  },
  {
    number: 6,
    words: "stored, the page not told",
    draw: (random) => commit("sale", random.pick(["created", "authorized", "captured", "receiptMade"]), "after"),
  },
  {
    number: 7,
    words: "customer checked in, not approved",
    draw: () => ({ task: "tagSale", told: "waitingForApproval" }),
  },
  {
    number: 8,
    words: "approved, capture not sent",
    draw: (random) =>
      random.pick([
        commit("sale", "authorized", "before"),
        commit("sale", "authorized", "after"),
        commit("sale", "captureRequested", "before"),
        commit("sale", "captureRequested", "after"),
        request("sale", "capture", "created"),
      ]),
  },
  {
    number: 9,
    words: "capture sent, no answer",
    draw: (random) => ({ task: "sale", platform: { operation: "capture", when: moment(random) } }),
  },
  {
    number: 10,
    words: "captured, receipt not printed",
    draw: (random) =>
      random.pick([
        { task: "sale", told: "paid" },
        commit("sale", "captured", "before"),
        commit("sale", "captured", "after"),
        request("sale", "capture", "answered"),
      ]),
  },
  {
    number: 11,
    words: "receipt printed, acknowledgement not stored",
    draw: (random) => commit("sale", "receiptMade", random.pick(["before", "after"])),
  },
  {
    number: 12,
    words: "decision chosen, not stored",
    draw: (random) => commit("decision", "decided", random.pick(["before", "after"])),
  },
  {
    number: 13,
    words: "refund sent, no answer",
    draw: (random) => ({ task: "refund", platform: { operation: "refund", when: moment(random) } }),
  },
  {
    number: 14,
    words: "refund done, new receipt not printed",
    draw: (random) =>
      random.pick([
        commit("refund", "refunded", "before"),
        commit("refund", "refunded", "after"),
        request("refund", "refund", "answered"),
        { task: "refund", told: "refundOver" },
      ]),
  },
  {
    number: inRecovery,
    words: "during recovery, twice and thrice",
    draw: (random) =>
      random.pick([
        statement(random.pick(["before", "after"]), whole(random, 1, 45)),
        request("recover", "get", random.pick(["created", "partly", "answered"]), whole(random, 1, 2)),
        commit("recover", "daemonStarted", random.pick(["before", "after"])),
        commit("recover", "abandoned", random.pick(["before", "after"])),
      ]),
  },
  {
    number: 16,
    words: "during a checkpoint of the write-ahead log",
    draw: (random) => ({
      task: "sale",
      checkpointPages: 4,
      rules: [`${random.pick(["die", "tear"])}:write:/journal/journal.db:${whole(random, 1, 24)}`],
    }),
  },
  {
    number: firstStart,
    words: "during migration of the schema (the first, of an empty disk)",
    draw: (random) =>
      random.pick([
        statement(random.pick(["before", "after"]), whole(random, 1, 24)),
        { task: "sale", rules: [`die:write:/journal/journal.db-wal:${whole(random, 1, 12)}`] },
        { task: "sale", rules: [`tear:write:/journal/journal.db-wal:${whole(random, 1, 12)}`] },
        { task: "sale", rules: [`die:write:/journal/journal.db:${whole(random, 1, 3)}`] },
        { task: "sale", rules: [`die:sync:/journal/journal.db-wal:${whole(random, 1, 3)}`] },
      ]),
  },
  {
    number: 18,
    words: "during rotation of the log, and of the journal's anchor",
    draw: (random) =>
      random.pick<Drawn>([
        { task: "sale", logFull: true, rules: [`die:rename:/till.log.${whole(random, 1, 2)}:1`] },
        { task: "sale", rules: [`die:rename:/journal.anchor:${whole(random, 1, 2)}`] },
        { task: "sale", rules: [`die:sync:/journal.anchor.new:${whole(random, 1, 2)}`] },
        { task: "sale", rules: [`tear:write:/journal.anchor.new:${whole(random, 1, 2)}`] },
      ]),
  },
  {
    number: 19,
    words: "during the swap of an update",
    draw: (random) => ({
      task: random.pick(["sale", "tagSale", "cancel", "leave", "decision", "refund"]),
      msMax: whole(random, 300, 2000),
      meanwhile: "update",
    }),
  },
  {
    number: 20,
    words: "disk full, read-only, failing or hanging",
    draw: (random) => (random.chance(0.2) ? hanging(random) : failing(random)),
  },
  {
    number: 21,
    words: "the clock jumps",
    draw: (random) => ({
      ...random.pick([
        commit("sale", "captured", "before"),
        { task: "sale", platform: { operation: "capture", when: moment(random) } } as const,
        commit("cancel", "cancelRequested", random.pick(["before", "after"])),
      ]),
      clock: { afterMs: whole(random, 0, 1200), byMs: random.pick([yearMs, -yearMs]) },
    }),
  },
  {
    number: 22,
    words: "MobilePay has cancelled when the network is back",
    draw: (random) => ({
      ...random.pick([
        { task: "sale", told: "waitingForApproval" },
        { task: "sale", platform: { operation: "create", when: "done" } },
        commit("sale", "authorized", "after"),
        commit("sale", "captureRequested", "after"),
      ] as const),
      meanwhile: "mobilePayCancels",
    }),
  },
  {
    number: oldImage,
    words: "an old image of the disk is put back",
    draw: (random) => ({ task: "sale", msMax: whole(random, 500, 2000), meanwhile: "oldImage" }),
  },
];

/** At no particular moment. */
export const anywhere = 0;

export function planFor(point: Point, random: SeededRandom): Plan | undefined {
  if (!point.draw) return undefined;
  const meanwhile = random.chance(0.2) ? { meanwhile: "customerActs" as const } : {};
  return { ...meanwhile, msMax: lifeMsMax, ...point.draw(random), point: point.number };
}

export function planAnywhere(random: SeededRandom): Plan {
  const task = random.pick<Task>(["sale", "tagSale", "cancel", "leave", "decision", "refund", "recover"]);
  return { point: anywhere, task, msMax: whole(random, 0, 2500) };
}

/** For a whole computer, whose start takes seconds: nothing inside the daemon is watched. */
export function planForMachine(random: SeededRandom): Plan {
  const task = random.pick<Task>(["sale", "tagSale", "cancel", "leave", "decision", "refund"]);
  const operation = random.pick(
    task === "refund" ? (["create", "capture", "refund"] as const) : (["create", "capture"] as const),
  );
  const ends = random.pick<Pick<Plan, "platform" | "told" | "afterReadyMs">>([
    { platform: { operation, when: moment(random) } },
    { told: random.pick(["waitingForApproval", "capturing", "paid", "completed"]) },
    { afterReadyMs: whole(random, 0, 6000) },
  ]);
  const meanwhile = random.chance(0.2) ? { meanwhile: "customerActs" as const } : {};
  return { point: anywhere, task, msMax: machineMsMax, ...ends, ...meanwhile };
}

type Drawn = ReturnType<NonNullable<Point["draw"]>>;

function commit(task: Task, of: string, when: "before" | "after", nth = 1): Drawn {
  return { task, inner: { in: "commit", of, when, nth } };
}

function request(task: Task, of: PlatformCall, when: (InnerTrigger & { in: "request" })["when"], nth = 1): Drawn {
  return { task, inner: { in: "request", of, when, nth } };
}

function statement(when: "before" | "after", nth: number): Drawn {
  return { task: "recover", inner: { in: "statement", when, nth } };
}

function failing(random: SeededRandom): Drawn {
  return {
    task: random.pick(["sale", "cancel", "refund", "decision"]),
    refused: true,
    rules: [
      random.pick([
        `ENOSPC:write::${whole(random, 1, 60)}`,
        `EROFS:write::${whole(random, 1, 60)}`,
        `EIO:sync:/journal/journal.db-wal:${whole(random, 2, 14)}`,
        `ENOSPC:write:/journal/journal.db-wal:${whole(random, 10, 60)}`,
      ]),
    ],
  };
}

/** A sync that never returns, of a write that the page waits for. */
function hanging(random: SeededRandom): Drawn {
  const rules = [`hang:sync:/journal/journal.db-wal:${whole(random, 3, 14)}`];
  return {
    task: random.pick(["sale", "cancel", "refund", "decision"]),
    refused: true,
    hangs: true,
    rules,
    msMax: hangMsMax,
  };
}

function moment(random: SeededRandom): Seen["when"] {
  return random.pick(["arrived", "done"]);
}
