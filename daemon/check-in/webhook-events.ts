import * as z from "zod";
import type { Params } from "../protocol/methods.ts";

/** What MobilePay reports by webhook. `unknown`: an event that we have no use for. `wrong`: a check-in that we cannot read. */
export type WebhookEvent =
  | { readonly kind: "checkIn"; readonly msn: string; readonly checkIn: Params<"checkIn.notify"> }
  | { readonly kind: "payment"; readonly msn: string; readonly reference: string }
  | { readonly kind: "probe"; readonly msn: string; readonly probe: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "wrong" };

// Strict on what is used, tolerant of anything more: fields are added without notice.

const msn = z.string().regex(/^[0-9]{4,10}$/);

/** `user.checked-in.v1`. The time has seven decimals. */
const checkIn = z.object({
  customerToken: z.string().min(1).max(2000),
  merchantQrId: z.string().min(1).max(255),
  msn,
  initiatedAt: z.iso.datetime({ offset: true }),
});

/** `epayments.payment.*.v1`: only which payment, the rest is asked for. */
const payment = z.object({ msn, reference: z.string().regex(/^[a-zA-Z0-9-]{8,64}$/) });

/** Not MobilePay's: `tillbridge webhooks` asks whether an address leads to a receiver that knows the secret. */
const probe = z.object({ msn, probe: z.uuid() });

/** Reads the body of a request that has been verified. */
export function readEvent(body: Uint8Array): WebhookEvent {
  const value = parse(body);
  if (typeof value !== "object" || value === null) return { kind: "unknown" };
  if ("customerToken" in value) return readCheckIn(value);
  if ("probe" in value) {
    const read = probe.safeParse(value).data;
    return read ? { kind: "probe", ...read } : { kind: "unknown" };
  }
  const read = payment.safeParse(value).data;
  return read ? { kind: "payment", ...read } : { kind: "unknown" };
}

function readCheckIn(value: object): WebhookEvent {
  const read = checkIn.safeParse(value).data;
  return read ? { kind: "checkIn", msn: read.msn, checkIn: read } : { kind: "wrong" };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
