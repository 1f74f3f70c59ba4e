import type { AccessRecord, Change, ConsoleAccess } from "./record.ts";
import { codeHashOf, requestMsMax } from "./record.ts";
import { codeAsTyped, hashOf, sameHash } from "./secrets.ts";

/** A shift and its overtime: a console that was left open yesterday decides nothing today. */
export const consoleMsMax = 12 * 60 * 60_000;
/** A code has 10^8 values: five tries find it once in twenty million. */
const triesMax = 5;
/** More than a shop has screens for one till. */
const consolesMax = 5;

/** `tillbridge console` shows this code. It opens the console once, in the next five minutes; an earlier code is void. */
export function offerConsole(record: AccessRecord, id: string, code: string, now: number): AccessRecord {
  const offer = {
    id,
    codeHash: codeHashOf(id, code),
    createdAt: now,
    expiresAt: now + requestMsMax,
    triesLeft: triesMax,
  };
  return { ...record, consoleOffer: offer };
}

export type ConsoleOpening =
  | { readonly outcome: "opened" | "nothingOffered" }
  | { readonly outcome: "wrongCode"; readonly triesLeft: number };

/** A page on the till's own address shows a code that a person typed. After five wrong ones the right one is void too. */
export function openConsole(
  record: AccessRecord,
  typed: string,
  opened: Pick<ConsoleAccess, "id" | "tokenHash">,
  now: number,
): Change<ConsoleOpening> {
  const { consoleOffer: offer, ...others } = record;
  // An offer from the future was made before the clock was put back: its age is not known.
  if (!offer || now < offer.createdAt || now >= offer.expiresAt)
    return { record: others, answer: { outcome: "nothingOffered" } };
  if (sameHash(offer.codeHash, codeHashOf(offer.id, codeAsTyped(typed)))) {
    const added = { ...opened, createdAt: now, expiresAt: now + consoleMsMax };
    const consoles = [...unexpiredConsoles(record, now), added].slice(-consolesMax);
    return { record: { ...others, consoles }, answer: { outcome: "opened" } };
  }
  const triesLeft = offer.triesLeft - 1;
  const kept = triesLeft > 0 ? { ...others, consoleOffer: { ...offer, triesLeft } } : others;
  return { record: kept, answer: { outcome: "wrongCode", triesLeft } };
}

/** Looks at every open console, whichever matches. */
export function findConsole(record: AccessRecord, token: string, now: number): ConsoleAccess | undefined {
  const wanted = hashOf(token);
  return unexpiredConsoles(record, now)
    .filter((it) => sameHash(it.tokenHash, wanted))
    .at(0);
}

export function closeConsole(record: AccessRecord, id: string): AccessRecord {
  return { ...record, consoles: (record.consoles ?? []).filter((it) => it.id !== id) };
}

/** Without consoles that have been open for too long; the same record when there are none. */
export function expireConsoles(record: AccessRecord, now: number): AccessRecord {
  const left = unexpiredConsoles(record, now);
  return left.length === (record.consoles ?? []).length ? record : { ...record, consoles: left };
}

function unexpiredConsoles({ consoles = [] }: AccessRecord, now: number): ConsoleAccess[] {
  return consoles.filter((it) => it.createdAt <= now && now < it.expiresAt);
}
