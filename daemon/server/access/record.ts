import * as z from "zod";
import { allRights, type Right } from "../../protocol/rights.ts";
import { codeAsTyped, hashOf, sameHash } from "./secrets.ts";

// Objects are loose: what a later version has added is kept, and does no harm.
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(200);
/** A full origin; `none` for a program, which sends no Origin header. */
const origin = z.string().min(1).max(300);
/** Milliseconds since 1970. */
const time = z.int().min(0);

const client = z.looseObject({
  id: z.string(),
  name,
  origin: origin.optional(),
  tokenHash: hash,
  createdAt: time,
  /** All of them when there is none: as it was before there were any. */
  rights: z.array(z.custom<Right>((value) => typeof value === "string")).optional(),
});
const request = z.looseObject({
  id: z.string(),
  name,
  origin,
  codeHash: hash,
  /** Of the token that the page gets when a person approves. Only the program that asks holds the token. */
  tokenHash: hash,
  createdAt: time,
  expiresAt: time,
});

/** A console that was opened on the till's own address. */
const openedConsole = z.looseObject({ id: z.string(), tokenHash: hash, createdAt: time, expiresAt: time });
const consoleOffer = z.looseObject({
  id: z.string(),
  codeHash: hash,
  createdAt: time,
  expiresAt: time,
  triesLeft: z.int().min(1),
});

/** Who may connect, and who asks to. Kept in `access.json`. A request leaves the list when it is approved, refused or too old. */
export const accessRecord = z.looseObject({
  version: z.literal(1),
  clients: z.array(client),
  requests: z.array(request),
  /** Since the last right one. */
  wrongCodes: z.int().min(0),
  lockedUntil: time.optional(),
  consoleOffer: consoleOffer.optional(),
  consoles: z.array(openedConsole).optional(),
});

export type AccessClient = z.infer<typeof client>;
export type AccessRequest = z.infer<typeof request>;
export type ConsoleAccess = z.infer<typeof openedConsole>;
export type AccessRecord = z.infer<typeof accessRecord>;

/** A change of the record and what became of it. */
export interface Change<Answer> {
  readonly record: AccessRecord;
  readonly answer: Answer;
}

/** Who sends no Origin header: no browser. */
export const noOrigin = "none";
/** Long enough to walk to the till's console (contract: 5 minutes). */
export const requestMsMax = 5 * 60_000;
/** As long as a request lives. */
const lockMs = 5 * 60_000;
/** A person mistypes once or twice (contract: at most 5). */
const wrongCodesMax = 5;
/** A person can compare a few codes, not a list. */
const requestsMax = 5;
/** A till has a page or two. */
export const clientsMax = 100;

export const emptyRecord: AccessRecord = { version: 1, clients: [], requests: [], wrongCodes: 0 };

/**
 * The client that may use this token from this origin (undefined: no Origin header). A client without an origin of its own was added
 * by hand without one: its token is good from any origin that the door lets in. Looks at every client, whichever matches.
 */
export function findClient(record: AccessRecord, token: string, from: string | undefined): AccessClient | undefined {
  const wanted = hashOf(token);
  const matching = record.clients.filter((it) => sameHash(it.tokenHash, wanted));
  return matching.find((it) => it.origin === undefined || it.origin === (from ?? noOrigin));
}

/** What this client may do. Reading is part of every set. */
export function rightsOf({ rights }: AccessClient): readonly Right[] {
  if (!rights) return allRights;
  return allRights.filter((it) => it === "read" || rights.includes(it));
}

export function addClient(record: AccessRecord, added: AccessClient): Change<"added" | "nameTaken" | "tooMany"> {
  if (record.clients.some((it) => it.name === added.name)) return { record, answer: "nameTaken" };
  if (record.clients.length >= clientsMax) return { record, answer: "tooMany" };
  return { record: { ...record, clients: [...record.clients, added] }, answer: "added" };
}

export function revokeClient(record: AccessRecord, by: { name: string } | { id: string }): Change<boolean> {
  const left = record.clients.filter((it) => ("name" in by ? it.name !== by.name : it.id !== by.id));
  return { record: { ...record, clients: left }, answer: left.length < record.clients.length };
}

export function isLocked(record: AccessRecord, now: number): boolean {
  // A lock that ends later than any lock can was set before the clock was put back: it is over.
  return record.lockedUntil !== undefined && now < record.lockedUntil && record.lockedUntil <= now + lockMs;
}

export function addRequest(record: AccessRecord, added: AccessRequest): Change<"added" | "locked" | "tooMany"> {
  const current = withoutExpiredRequests(record, added.createdAt);
  if (isLocked(current, added.createdAt)) return { record: current, answer: "locked" };
  if (current.requests.length >= requestsMax || current.clients.length >= clientsMax)
    return { record: current, answer: "tooMany" };
  return { record: { ...current, requests: [...current.requests, added] }, answer: "added" };
}

export function dropRequest(record: AccessRecord, id: string): AccessRecord {
  return { ...record, requests: record.requests.filter((it) => it.id !== id) };
}

/** The hash under which a request keeps its code: of no use for another request. */
export function codeHashOf(requestId: string, code: string): string {
  return hashOf(`${requestId}:${code}`);
}

export type Approval =
  | { readonly outcome: "approved"; readonly client: AccessClient }
  | { readonly outcome: "wrongCode"; readonly triesLeft: number }
  | { readonly outcome: "locked" | "nothingAsked" };

/** A person says this code was shown on a page that may have access. After five wrong ones everybody who asked must ask anew. */
export function approveCode(
  record: AccessRecord,
  typed: string,
  now: number,
  rights?: readonly Right[],
): Change<Approval> {
  const current = withoutExpiredRequests(record, now);
  if (isLocked(current, now)) return { record: current, answer: { outcome: "locked" } };
  if (current.requests.length === 0) return { record: current, answer: { outcome: "nothingAsked" } };
  const code = codeAsTyped(typed);
  const [found] = current.requests.filter((it) => sameHash(it.codeHash, codeHashOf(it.id, code)));
  return found ? approve(current, found, now, rights) : countWrongCode(current, now);
}

/** A person has compared the code on the page with the one beside the request, and says whether the page may have access. */
export function decideRequest(
  record: AccessRecord,
  id: string,
  isApproved: boolean,
  now: number,
  rights?: readonly Right[],
): Change<"approved" | "refused" | "gone"> {
  const found = withoutExpiredRequests(record, now).requests.find((it) => it.id === id);
  if (!found) return { record, answer: "gone" };
  if (!isApproved) return { record: dropRequest(record, id), answer: "refused" };
  return { record: approve(record, found, now, rights).record, answer: "approved" };
}

function approve(
  record: AccessRecord,
  { id, name, origin, tokenHash }: AccessRequest,
  now: number,
  rights?: readonly Right[],
): Change<Approval> {
  // A page that lost its token asks again under the same name: the old token must not stay good.
  const others = record.clients.filter((it) => it.name !== name || it.origin !== origin);
  const approved = {
    id,
    name: freeName(name, others),
    origin,
    tokenHash,
    createdAt: now,
    ...(rights && { rights: [...rights] }),
  };
  const clients = [...others, approved];
  return {
    record: { ...dropRequest(record, id), clients, wrongCodes: 0 },
    answer: { outcome: "approved", client: approved },
  };
}

function freeName(name: string, clients: readonly AccessClient[]): string {
  const taken = new Set(clients.map((it) => it.name));
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name.slice(0, 190)} (${number})`;
  return free;
}

function countWrongCode(record: AccessRecord, now: number): Change<Approval> {
  const wrongCodes = record.wrongCodes + 1;
  const answer = { outcome: "wrongCode", triesLeft: wrongCodesMax - wrongCodes } as const;
  if (wrongCodes < wrongCodesMax) return { record: { ...record, wrongCodes }, answer };
  return { record: { ...record, requests: [], wrongCodes: 0, lockedUntil: now + lockMs }, answer };
}

/** Without what no longer counts. A request from the future was made before the clock was put back: its age is not known. */
function withoutExpiredRequests(record: AccessRecord, now: number): AccessRecord {
  const requests = record.requests.filter((it) => it.createdAt <= now && now < it.expiresAt);
  return { ...record, requests };
}
