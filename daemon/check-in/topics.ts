import * as z from "zod";
import type { CheckInOutcome, DatedCheckInNotice } from "./receiver.ts";

/**
 * What travels between relay and tills, and under which topics. A till needs to read `checkIns` of its own tag and `payments` of its
 * own references, and to write its `presence` and `answers`; a relay the reverse. Each part of a topic is one whole level, so that
 * access lists can name it.
 */
export interface Topics {
  /** To the till that owns the tag. */
  checkIns(merchantSerialNumber: string, tagId: string): string;
  /** To the till whose references begin so. */
  payments(merchantSerialNumber: string, referencePrefix: string): string;
  /** Retained: which tills are up. */
  presence(merchantSerialNumber: string, tillId: string): string;
  /** To one relay. */
  answers(relayId: string): string;
}

export function topicsBelow(prefix: string): Topics {
  return {
    checkIns: (msn, tagId) => `${prefix}/${msn}/check-ins/${level(tagId)}`,
    payments: (msn, referencePrefix) => `${prefix}/${msn}/payments/${level(referencePrefix)}`,
    presence: (msn, tillId) => `${prefix}/${msn}/tills/${level(tillId)}`,
    answers: (relayId) => `${prefix}/answers/${level(relayId)}`,
  };
}

/** MobilePay does not say which characters an id may have; in a topic `/`, `+` and `#` have a meaning. */
function level(text: string): string {
  return encodeURIComponent(text);
}

/** References are a till's prefix, a dash, and the POS's own id. */
export function referencePrefixOf(reference: string): string {
  return reference.split("-", 1)[0] ?? "";
}

const checkInNotice = z.object({
  customerToken: z.string().min(1).max(2000),
  merchantQrId: z.string().min(1).max(255),
  msn: z.string().regex(/^[0-9]{4,10}$/),
  initiatedAt: z.iso.datetime({ offset: true }),
  sentAt: z.iso.datetime({ offset: true }),
});
const payment = z.object({ reference: z.string().min(1).max(64) });
const answer = z.object({ outcome: z.enum(["taken", "notHere", "stale", "unavailable"]) });

export const checkInMessage = {
  write: (checkIn: DatedCheckInNotice): string => JSON.stringify(checkIn),
  read: (payload: Uint8Array): DatedCheckInNotice | undefined => checkInNotice.safeParse(parse(payload)).data,
};

export const paymentMessage = {
  write: (reference: string): string => JSON.stringify({ reference }),
  read: (payload: Uint8Array): string | undefined => payment.safeParse(parse(payload)).data?.reference,
};

export const answerMessage = {
  write: (outcome: CheckInOutcome): string => JSON.stringify({ outcome }),
  read: (payload: Uint8Array): CheckInOutcome | undefined => answer.safeParse(parse(payload)).data?.outcome,
};

/** What a chain sees of a till that is up. `since` by the till's clock; `tagId`: the tag whose check-ins it gets. */
export interface TillPresence {
  readonly tillId: string;
  readonly version: string;
  readonly since: string;
  readonly tagId?: string;
}

export const presenceMessage = {
  online: (presence: TillPresence): string => JSON.stringify({ state: "online", ...presence }),
  offline: (tillId: string): string => JSON.stringify({ state: "offline", tillId }),
};

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as unknown;
  } catch {
    return undefined;
  }
}
