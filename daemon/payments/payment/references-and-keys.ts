import { createHash } from "node:crypto";
import { clientMadeId } from "../../protocol/values.ts";

/**
 * References and idempotency keys. They follow from ids that the POS made and stored before it called: after a lost journal
 * the same call leads to the same reference, and MobilePay recognises it instead of charging again.
 *
 * Lengths: prefix ≤ 10, reference ≤ 47 (MobilePay: 8–64, `[A-Za-z0-9-]`), keys ≤ 50 (MobilePay's limit).
 */
export interface ReferencesAndKeys {
  reference(paymentId: string): string;
  /** The other way round; undefined when the reference is not one of this till's. */
  paymentId(reference: string): string | undefined;
  /** What a purchase of another till is called here: follows from its reference, and is no id that a POS makes. */
  takenOverId(reference: string): string;
  createKey(reference: string): string;
  /** `attempt` counts captures that MobilePay refused for good: a refused key never works again. */
  captureKey(reference: string, attempt: number): string;
  /** `attempt` counts from 1, as above. */
  cancelKey(reference: string, kind: "withdraw" | "release", attempt: number): string;
  refundKey(refundId: string): string;
  /** The refund that carries out a recovery decision: its id follows from the payment too. */
  decidedRefund(reference: string, attempt: number): { refundId: string; key: string };
}

/** How many keys of each kind a payment has. */
export const keysPerKindMax = 35;

export function referencesAndKeysFor(tillId: string): ReferencesAndKeys {
  const prefix = prefixOf(tillId);
  return {
    reference: (paymentId) => `${prefix}-${paymentId}`,
    paymentId: (reference) => {
      const paymentId = reference.startsWith(`${prefix}-`) ? reference.slice(prefix.length + 1) : "";
      return clientMadeId.safeParse(paymentId).data;
    },
    takenOverId: (reference) => createHash("sha256").update(`purchase ${reference}`).digest("hex").slice(0, 32),
    createKey: (reference) => `${reference}-n`,
    captureKey: (reference, attempt) => `${reference}-c${digit(attempt)}`,
    cancelKey: (reference, kind, attempt) =>
      `${reference}-${kind === "withdraw" ? "w" : "x"}${attempt > 1 ? digit(attempt) : ""}`,
    refundKey: (refundId) => `${prefix}-r-${refundId}`,
    decidedRefund: (reference, attempt) => ({
      refundId: createHash("sha256").update(`${reference} ${attempt}`).digest("hex").slice(0, 32),
      key: `${reference}-r${digit(attempt)}`,
    }),
  };
}

/**
 * What a till's references begin with, before their first dash. Tills of one shop share MobilePay's name space: a long till id is
 * shortened so that it stays distinct.
 */
export function prefixOf(tillId: string): string {
  const plain = tillId.replace(/[^A-Za-z0-9]/g, "");
  if (plain === tillId && plain.length > 0 && plain.length <= 10) return plain;
  return plain.slice(0, 4) + createHash("sha256").update(tillId).digest("hex").slice(0, 6);
}

/** The till that sold it, as its references begin. */
export function soldByOf(reference: string): string {
  return reference.split("-", 1)[0] ?? reference;
}

/** One character, or the key grows too long. After so many refusals the same key is refused again, and a person must look. */
function digit(attempt: number): string {
  return Math.min(attempt, keysPerKindMax).toString(36);
}

/** SHA-256 over a request, whatever the order of its fields: distinguishes a repeated call from a different one. */
export function fingerprint(request: unknown): string {
  return createHash("sha256").update(canonical(request)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}
