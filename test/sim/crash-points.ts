import type { Moment } from "../support/life.ts";
import type { Stage } from "./stage.ts";

/** Where a till can lose its power, in the order of a sale. Those without `simulated` are for other proofs. */
export const crashPointNames: Readonly<Record<number, string>> = {
  1: "before the intent is on disk",
  2: "intent on disk, nothing sent",
  3: "request partly sent",
  4: "sent, no answer",
  5: "answer received, not stored",
  6: "answer stored, pages not told",
  7: "customer found, not approved",
  8: "reserved, capture not sent",
  9: "capture sent, no answer",
  10: "money taken, no receipt",
  11: "receipt made, not stored",
  12: "decision made, not stored",
  13: "refund sent, no answer",
  14: "refunded, pages not told",
  15: "during recovery",
  20: "disk full, failing or gone",
  21: "after the clock jumped",
  22: "MobilePay ended it meanwhile",
  23: "disk replaced by an old image",
};

const intents: ReadonlySet<string> = new Set(["requested", "captureRequested", "refundStarted"]);
const answers: ReadonlySet<string> = new Set([
  "created",
  "createRefused",
  "authorized",
  "captured",
  "captureRefused",
  "rejected",
  "expired",
  "withdrawn",
  "neverReached",
  "released",
  "refunded",
  "refundRefused",
  "refundedElsewhere",
]);

/** The points that a kill at this moment hits; it may be several. 23 is counted where the image is restored. */
export function crashPoints(stage: Stage, moment: Moment | undefined): number[] {
  const { shop, promises } = stage;
  return [
    ...(moment?.at === "write" ? ofWrite(moment) : []),
    ...(moment?.at === "call" && moment.phase === "leaving" ? [3] : []),
    ...(moment?.at === "call" && moment.phase === "answered" ? [5] : []),
    ...ofCalls(stage, moment),
    ...ofPayments(stage),
    ...(isRecovering(stage) ? [15] : []),
    ...(shop.disk.trouble ? [20] : []),
    ...(promises.clockJumped ? [21] : []),
    ...(isEndedElsewhere(stage) ? [22] : []),
  ];
}

function ofWrite({ phase, types }: Moment & { at: "write" }): number[] {
  const points = (before: number, after: number) => (phase === "before" ? [before] : phase === "synced" ? [after] : []);
  if (types.some((type) => intents.has(type))) return points(1, 2);
  if (types.includes("refunded")) return points(5, 14);
  if (types.some((type) => answers.has(type))) return points(5, 6);
  if (phase === "before" && types.includes("receiptMade")) return [11];
  return phase === "before" && types.includes("decided") ? [12] : [];
}

function ofCalls({ shop }: Stage, moment: Moment | undefined): number[] {
  if (moment && !(moment.at === "call" && moment.phase === "landed")) return [];
  const operations = new Set([...shop.underWay].map(({ operation }) => operation));
  if (operations.size === 0) return [];
  return [4, ...(operations.has("capture") ? [9] : []), ...(operations.has("refund") ? [13] : [])];
}

function ofPayments({ shop }: Stage): number[] {
  const points = new Set<number>();
  for (const [paymentId, { state, open }] of shop.disk.rows) {
    if (!open) continue;
    const types = shop.disk.payments.get(paymentId)?.map(({ type }) => type) ?? [];
    if (state === "waitingForApproval") points.add(7);
    if (state === "capturing" && !types.includes("captureRequested")) points.add(8);
    if (state === "paid") points.add(types.includes("captured") ? 10 : 8);
  }
  return [...points];
}

function isRecovering({ shop }: Stage): boolean {
  return !shop.ready || shop.payments.recoveryItems().some(({ situation }) => situation === "checking");
}

function isEndedElsewhere({ shop }: Stage): boolean {
  return [...shop.disk.rows.values()].some(({ reference, open, state }) => {
    const at = shop.bank.accounts.get(reference)?.state;
    const ended = at === "ABORTED" || at === "EXPIRED" || at === "TERMINATED";
    return open && ended && (state === "requesting" || state === "waitingForApproval" || state === "cancelling");
  });
}
