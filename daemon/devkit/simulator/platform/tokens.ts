import type { Credentials } from "../sales-unit.ts";
import { PlatformRefusal } from "./errors.ts";

/** Tokens valid at once; a till needs one, a shop some dozens. */
const tokensMax = 10_000;

/** The access tokens that are out. Several may be valid at the same time. */
export class IssuedTokens {
  readonly #expiresAtMs = new Map<string, number>();
  readonly #uuid: () => string;

  constructor(uuid: () => string) {
    this.#uuid = uuid;
  }

  /** The body of `POST /accesstoken/get`: every value is a string, numbers too. */
  issue(nowMs: number, lifeSeconds: number): Record<string, string> {
    const token = this.#make();
    this.#expiresAtMs.set(token, nowMs + lifeSeconds * 1000);
    this.#forget(nowMs);
    const nowSeconds = Math.floor(nowMs / 1000);
    return {
      token_type: "Bearer",
      expires_in: String(lifeSeconds),
      ext_expires_in: String(lifeSeconds),
      expires_on: String(nowSeconds + lifeSeconds),
      not_before: String(nowSeconds),
      resource: "00000002-0000-0000-c000-000000000000",
      access_token: token,
    };
  }

  /** Refuses with 401 unless the header is `Bearer` and a token that still lives. */
  check(authorization: string | undefined, nowMs: number): void {
    const token = authorization?.startsWith("Bearer ") ? authorization.slice("Bearer ".length) : "";
    if (nowMs >= (this.#expiresAtMs.get(token) ?? 0)) throw unauthorized("Access token is missing, wrong or expired.");
  }

  /** Makes every token that is out invalid, as when keys are rotated. */
  revokeAll(): void {
    this.#expiresAtMs.clear();
  }

  /** As long as the platform's (over 1000 characters), so that nobody keeps it in too small a place. */
  #make(): string {
    const part = (text: string) => Buffer.from(text).toString("base64url");
    const payload = { jti: this.#uuid(), padding: "0".repeat(800) };
    return `${part('{"typ":"JWT","alg":"none"}')}.${part(JSON.stringify(payload))}.${part(this.#uuid())}`;
  }

  #forget(nowMs: number): void {
    for (const [token, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs <= nowMs || this.#expiresAtMs.size > tokensMax) this.#expiresAtMs.delete(token);
    }
  }
}

/** Refuses unless the headers of `POST /accesstoken/get` hold the keys of the sales unit. */
export function checkKeys(headers: Readonly<Record<string, string>>, keys: Credentials): void {
  checkSubscription(headers, keys);
  if (headers["client_id"] === undefined || headers["client_secret"] === undefined) {
    throw new PlatformRefusal(400, "Bad Request", [
      { name: "client_id", reason: "client_id and client_secret are required." },
    ]);
  }
  const right = headers["client_id"] === keys.clientId && headers["client_secret"] === keys.clientSecret;
  if (!right) throw unauthorized("client_id or client_secret is wrong.");
}

/** Refuses with 401 unless the subscription key is there and right. */
export function checkSubscription(headers: Readonly<Record<string, string>>, keys: Credentials): void {
  if (headers["ocp-apim-subscription-key"] === keys.subscriptionKey) return;
  throw unauthorized("Access denied due to missing or invalid subscription key.");
}

function unauthorized(reason: string): PlatformRefusal {
  return new PlatformRefusal(401, "Unauthorized", [{ name: "Authorization", reason }]);
}
