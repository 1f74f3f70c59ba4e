import * as z from "zod";
import type { Unknown } from "../payments/ports/gateway.ts";
import type { HttpOutcome } from "./http.ts";

/** What an HTTP answer says, before it is asked what that means for a payment. `because` is for the log. */
export type HttpVerdict =
  | { readonly kind: "success"; readonly status: number; readonly text: string }
  | ClientError
  | Doubt
  | { readonly kind: "unauthorized"; readonly because: "unauthorized"; readonly status: 401; readonly html: boolean };

/** A 4xx that is not "wait" and not "who are you". Without `problem` the body is none of the platform's; `json`: it may be its door's. */
export interface ClientError {
  readonly kind: "no";
  readonly status: number;
  readonly html: boolean;
  readonly json: boolean;
  readonly problem?: ProblemDocument;
}

export interface Doubt extends Unknown {
  readonly because: string;
  readonly status?: number;
}

/**
 * The parts of a problem document that do not change with its wording. `codes`: the platform's own; `fields`: the names it complains of.
 * `reason`: what it says of those fields, for a person at the till; never for the log, since it may quote what was sent.
 */
export interface ProblemDocument {
  readonly codes: readonly number[];
  readonly fields: readonly string[];
  readonly reason?: string;
  readonly traceId?: string;
}

/** Longer waits are not believed: a payment lives ten minutes. */
const retryMsMax = 600_000;

/**
 * Status decides, never Content-Type: the platform serves successes as problem+json too. `nowMs` is the till's wall clock, used
 * only where the answer carries no date of its own.
 */
export function judge(outcome: HttpOutcome, nowMs: number): HttpVerdict {
  if (outcome.kind === "silent") return doubt("unreachable", outcome.cause);
  const { status, text } = outcome;
  if (status >= 200 && status < 300) return { kind: "success", status, text };
  if (status === 401) return { kind: "unauthorized", because: "unauthorized", status, html: isHtml(text) };
  if (isBusy(status)) return { ...doubt("busy", "busy", status), ...retryAfter(outcome, nowMs) };
  if (status < 400) return doubt("nonsense", "redirect", status);
  const problem = readProblem(text);
  const json = typeof parseJson(text) === "object";
  return { kind: "no", status, html: isHtml(text), json, ...(problem && { problem }) };
}

/** MobilePay's door does not take the keys: 401, or 403 without a reason of the payment API's. A page made for people is a network's. */
export function refusesKeys(verdict: HttpVerdict): boolean {
  if (verdict.kind === "unauthorized") return !verdict.html;
  return verdict.kind === "no" && verdict.status === 403 && verdict.json && (verdict.problem?.codes.length ?? 0) === 0;
}

/** Nothing was learnt. */
export function doubt(why: Unknown["why"], because: string, status?: number): Doubt {
  return { kind: "unknown", why, because, ...(status !== undefined && { status }) };
}

/** 423 is the platform's lock around a payment; 425 and 408 say that the request was not taken up. */
function isBusy(status: number): boolean {
  return status === 408 || status === 423 || status === 425 || status === 429 || status >= 500;
}

function retryAfter(outcome: HttpOutcome & { kind: "answered" }, nowMs: number): { retryAfterMs?: number } {
  const ms = retryAfterMs(outcome.retryAfter, Date.parse(outcome.date ?? ""), nowMs);
  return ms === undefined ? {} : { retryAfterMs: ms };
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date measured against the answer's own date. */
export function retryAfterMs(header: string | undefined, answeredAtMs: number, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, retryMsMax);
  const until = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  return Math.min(Math.max(until - (Number.isNaN(answeredAtMs) ? nowMs : answeredAtMs), 0), retryMsMax);
}

export function isHtml(text: string): boolean {
  return text.trimStart().startsWith("<");
}

/** The JSON value, or undefined when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const detail = z.object({ name: z.string(), reason: z.union([z.string(), z.number()]).optional() });

/** RFC 7807 as ePayment (`extraDetails`) and QR (`invalidParams`) write it. `extraDetails` may be null. */
const problemDocument = z
  .object({
    title: z.string().optional(),
    traceId: z.string().nullish(),
    extraDetails: z.array(detail).nullish(),
    invalidParams: z.array(detail).nullish(),
  })
  .refine((it) => it.title !== undefined || it.extraDetails !== undefined || it.traceId !== undefined);

/** Undefined when the text is no problem document. */
export function readProblem(text: string): ProblemDocument | undefined {
  const parsed = problemDocument.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const details = [...(parsed.data.extraDetails ?? []), ...(parsed.data.invalidParams ?? [])];
  const traceId = plain(parsed.data.traceId ?? "");
  const reason = reasonIn(details.filter((it) => !isCode(it)));
  return {
    codes: details.filter(isCode).map((it) => Number(it.reason)),
    fields: details.filter((it) => !isCode(it)).flatMap((it) => plain(it.name) ?? []),
    ...(reason !== undefined && { reason }),
    ...(traceId !== undefined && { traceId }),
  };
}

function isCode({ name, reason }: z.infer<typeof detail>): boolean {
  return /^error_?code$/i.test(name) && /^\d{1,6}$/.test(String(reason));
}

const reasonsShownMax = 3;
const reasonLengthMax = 300;

/** One line. Numbers that could be a phone's, and what is long and in one piece as tokens are, stay behind. */
function reasonIn(details: readonly z.infer<typeof detail>[]): string | undefined {
  const said = details.flatMap(({ name, reason }) => {
    const field = plain(name);
    return field === undefined || reason === undefined ? [] : [`${field}: ${withoutQuotes(String(reason))}`];
  });
  return said.length === 0 ? undefined : said.slice(0, reasonsShownMax).join("; ").slice(0, reasonLengthMax);
}

function withoutQuotes(text: string): string {
  return text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, " ")
    .replaceAll(/[\w+/=-]{24,}/g, "…")
    .replaceAll(/\+?\d(?:[ ()-]{0,2}\d){7,}/g, "…");
}

/** What may go into a log: names and ids, never free text, which may quote what we sent. */
function plain(text: string): string | undefined {
  return /^[\w$.:[\]-]{1,80}$/.test(text) ? text : undefined;
}
