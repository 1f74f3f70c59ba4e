import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** A request as it came: header names in lower case, the body byte for byte. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** What a genuine request proves: when MobilePay sent it, by MobilePay's clock. `signature` is different for every request. */
export interface VerifiedRequest {
  readonly sentAtMs: number;
  readonly signature: string;
}

/** How far a request's date may be from now, either way. MobilePay documents no window; it gives up on an answer after 10 s. */
export const windowMs = 300_000;

/**
 * Whether MobilePay made this request, with one of these secrets. `url` is the address as it was registered: its host and path are
 * part of what is signed, whatever a proxy has made of them. Undefined: it did not.
 * Source: Vipps MobilePay Webhooks API, request authentication.
 */
export function verifyRequest(
  request: SignedRequest,
  url: URL,
  secrets: readonly string[],
): VerifiedRequest | undefined {
  const date = text(request, "x-ms-date");
  const sentAtMs = Date.parse(date);
  const hash = hashOf(request.body);
  const signed = signedText(url, date, hash);
  const hashed = same(text(request, "x-ms-content-sha256"), hash);
  // No early way out: how long it takes must not reveal which part was right.
  const authorization = text(request, "authorization");
  const matching = secrets.map((secret) => same(authorization, authorizationFor(secret, signed)));
  if (!hashed || !matching.includes(true) || Number.isNaN(sentAtMs)) return undefined;
  return { sentAtMs, signature: authorization.slice(authorizationStart.length) };
}

export function isTimely(sentAtMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - sentAtMs) <= windowMs;
}

/** The headers that make a request genuine, as MobilePay makes them: for asking whether an address knows the secret. */
export function signedHeaders(secret: string, url: URL, sentAtMs: number, body: Uint8Array): Record<string, string> {
  const date = new Date(sentAtMs).toUTCString();
  const hash = hashOf(body);
  return {
    "x-ms-date": date,
    "x-ms-content-sha256": hash,
    authorization: authorizationFor(secret, signedText(url, date, hash)),
  };
}

const authorizationStart = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

function hashOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("base64");
}

function signedText(url: URL, date: string, hash: string): string {
  return `POST\n${url.pathname}${url.search}\n${date};${url.host};${hash}`;
}

/** The key is the secret's text as it is. It looks like Base64, but is never decoded. */
function authorizationFor(secret: string, signed: string): string {
  return authorizationStart + createHmac("sha256", secret).update(signed).digest("base64");
}

/** A header that came twice is no text. */
function text({ headers }: SignedRequest, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

function same(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
