import type * as z from "zod";
import type { Created, Snapshot } from "../payments/ports/gateway.ts";
import type { Money } from "../protocol/values.ts";
import { createdPayment, payment, paymentEvents } from "./wire.ts";

/** What an answer's body says, or why it cannot be believed (fixed text, for the log). */
export type ParsedAnswer<Value> = { readonly value: Value } | { readonly doubt: string };

/** The answer to create. */
export function readCreated(body: unknown, reference: string): ParsedAnswer<Created> {
  const parsed = createdPayment.safeParse(body);
  if (!parsed.success) return { doubt: "not a created payment" };
  if (parsed.data.reference !== reference) return { doubt: "another reference" };
  const { redirectUrl } = parsed.data;
  return { value: { reference, ...(typeof redirectUrl === "string" && { qrContent: redirectUrl }) } };
}

/** The answer to get, cancel, capture and refund. */
export function readSnapshot(body: unknown, reference: string): ParsedAnswer<Snapshot> {
  const parsed = payment.safeParse(body);
  if (!parsed.success) return { doubt: "not a payment" };
  const doubt = contradiction(parsed.data, reference);
  return doubt === undefined ? { value: snapshotOf(parsed.data) } : { doubt };
}

/** Capture and refund count when the platform's own sums show them: HTTP 200 alone is not enough. */
export function readMoved(
  body: unknown,
  reference: string,
  what: "captured" | "refunded",
  asked: Money,
): ParsedAnswer<Snapshot> {
  const reading = readSnapshot(body, reference);
  if ("doubt" in reading) return reading;
  if (reading.value.amount.currency !== asked.currency) return { doubt: "another currency" };
  return hasMoved(reading.value, what, asked) ? reading : { doubt: `the ${what} amount does not show it` };
}

export function hasMoved(snapshot: Snapshot, what: "captured" | "refunded", asked: Money): boolean {
  return snapshot.amount.currency === asked.currency && snapshot[what] >= asked.value;
}

/** Whether the event log shows that the capture or refund with this key took effect. `unnamed`: money moved, and it names no keys. */
export function readApplied(body: unknown, reference: string, key: string): ParsedAnswer<boolean | "unnamed"> {
  const parsed = paymentEvents.safeParse(body);
  if (!parsed.success) return { doubt: "not an event log" };
  if (parsed.data.some((event) => event.reference !== reference)) return { doubt: "another reference" };
  const moves = parsed.data.filter((event) => event.success && movesMoney(event.name));
  if (moves.some((event) => event.idempotencyKey === key)) return { value: true };
  const namesKeys = parsed.data.some(({ idempotencyKey }) => typeof idempotencyKey === "string");
  return { value: moves.length > 0 && !namesKeys ? "unnamed" : false };
}

function movesMoney(name: string): boolean {
  return name === "CAPTURED" || name === "REFUNDED";
}

type WirePayment = z.infer<typeof payment>;

function snapshotOf(it: WirePayment): Snapshot {
  return {
    reference: it.reference,
    state: it.state,
    amount: it.amount,
    authorized: it.aggregate.authorizedAmount.value,
    cancelled: it.aggregate.cancelledAmount.value,
    captured: it.aggregate.capturedAmount.value,
    refunded: it.aggregate.refundedAmount.value,
  };
}

/**
 * What cannot be true, whatever happened. Cancelled sums before an approval are left alone: nothing is published about them. An approved
 * payment that was cancelled in the portal may show as terminated, with its sums.
 */
function contradiction(it: WirePayment, reference: string): string | undefined {
  const { authorizedAmount, cancelledAmount, capturedAmount, refundedAmount } = it.aggregate;
  const sums = [authorizedAmount, cancelledAmount, capturedAmount, refundedAmount];
  if (it.reference !== reference) return "another reference";
  if (sums.some((sum) => sum.currency !== it.amount.currency)) return "two currencies";
  if (authorizedAmount.value > it.amount.value) return "approved for more than was asked";
  if (it.state === "AUTHORIZED" && authorizedAmount.value === 0) return "approved, with nothing reserved";
  if (it.state === "CREATED" && authorizedAmount.value > 0) return "approved in a state before approval";
  if (capturedAmount.value > authorizedAmount.value) return "more captured than approved";
  if (refundedAmount.value > capturedAmount.value) return "more refunded than captured";
  if (authorizedAmount.value > 0 && capturedAmount.value + cancelledAmount.value > authorizedAmount.value) {
    return "more captured and cancelled than approved";
  }
  return undefined;
}
