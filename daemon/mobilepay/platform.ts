import type { Logger } from "../log/logger.ts";
import { assert } from "../protocol/errors.ts";
import type { MobilePayTrouble } from "../protocol/values.ts";
import { type Doubt, doubt, type ClientError, parseJson, type HttpVerdict, refusesKeys } from "./answers.ts";
import type { MobilePayHealth } from "./contact.ts";
import { type MobilePayCall, createExchange, type Exchange, type ExchangeOptions } from "./exchange.ts";
import { type Named, reportDoubt, reportFailure } from "./report.ts";
import { createTokens, type FetchedToken, type NoToken, type AccessTokens } from "./token.ts";
import { accessToken } from "./wire.ts";

/** `keysRefused`: MobilePay's door takes neither the keys nor what was sent with them: nothing of this call was done. */
export type MobilePayReply =
  | Extract<HttpVerdict, { kind: "success" }>
  | ClientError
  | Doubt
  | { readonly kind: "keysRefused" };

/** The platform behind its access token. Every failure is logged. */
export interface MobilePayApi {
  readonly merchantSerialNumber: string;
  /** Never rejects. A call that is no success has been logged. */
  call(call: MobilePayCall): Promise<MobilePayReply>;
  /** Asks for a new token though there may be one: the keys' own test. */
  tryKeys(): Promise<NoToken | { readonly kind: "accepted" }>;
  /** Logs that an answer makes no sense. `because` is fixed text. */
  doubt(call: Named, because: string): void;
  /** Why MobilePay cannot be used, when all is known that can be found out. */
  trouble(): Promise<MobilePayTrouble | undefined>;
  health(): MobilePayHealth;
  /** MobilePay's time, milliseconds since 1970, as far as it is known. */
  timeNow(): number | undefined;
  close(): void;
}

export interface MobilePayApiOptions extends ExchangeOptions {
  readonly tokenDeadlineMs: number;
  readonly log: Logger;
}

export function createMobilePayApi(options: MobilePayApiOptions): MobilePayApi {
  const { log, world, merchantSerialNumber } = options;
  const exchange = createExchange(options);
  const tokens = createTokens(() => fetchToken(exchange, options), world);
  return {
    merchantSerialNumber,
    async call(call) {
      const reply = await callWithToken(exchange, tokens, call);
      if (reply.kind !== "success") reportFailure(log, call, reply);
      return reply;
    },
    async tryKeys() {
      const answer = await fetchToken(exchange, options);
      return answer.kind === "token" ? { kind: "accepted" } : answer;
    },
    doubt: (call, because) => reportDoubt(log, call, because),
    trouble: () => exchange.trouble(),
    health: () => exchange.health(),
    timeNow: () => exchange.timeNow(),
    close: () => exchange.close(),
  };
}

/** A token that is not accepted is renewed once. 401 comes before anything is done, so the same request may be sent again. */
async function callWithToken(exchange: Exchange, tokens: AccessTokens, call: MobilePayCall): Promise<MobilePayReply> {
  const length = call.key?.length ?? 1;
  assert(length >= 1 && length <= 50, "an idempotency key has 1 to 50 characters");
  for (let tries = 2; ; tries -= 1) {
    const token = await tokens.get();
    if (token.kind === "keysRefused") return { kind: "keysRefused" };
    if (token.kind === "unknown") return { ...token, because: "no access token" };
    const verdict = await exchange.send(call, authorised(token.value, call.key));
    if (verdict.kind !== "unauthorized")
      return isAboutPayment(call) && refusesKeys(verdict) ? { kind: "keysRefused" } : verdict;
    tokens.drop(token.value);
    if (tries === 1) return isAboutPayment(call) && refusesKeys(verdict) ? { kind: "keysRefused" } : unaccepted;
  }
}

const unaccepted = doubt("unreachable", "a new access token is not accepted", 401);

/** Keys that are good for payments may not be for the rest. */
function isAboutPayment({ reference }: MobilePayCall): boolean {
  return reference !== undefined;
}

function authorised(token: string, key: string | undefined): Record<string, string> {
  return { Authorization: `Bearer ${token}`, ...(key !== undefined && { "Idempotency-Key": key }) };
}

/** `keysRefused` on the answers that are documented for it, 400 and 401, and when the door forbids it (403). */
async function fetchToken(exchange: Exchange, options: MobilePayApiOptions): Promise<FetchedToken | NoToken> {
  const { log, clientId, clientSecret, tokenDeadlineMs: deadlineMs } = options;
  const call: MobilePayCall = { operation: "token", method: "POST", path: "/accesstoken/get", deadlineMs };
  const verdict = await exchange.send(call, { client_id: clientId, client_secret: clientSecret });
  const answer = tokenAnswer(verdict);
  if (verdict.kind !== "success") reportFailure(log, call, verdict);
  else if (answer.kind !== "token") reportDoubt(log, call, "no token in the answer");
  if (answer.kind === "keysRefused") log.error("MobilePay does not accept the till's keys");
  return answer;
}

function tokenAnswer(verdict: HttpVerdict): FetchedToken | NoToken {
  switch (verdict.kind) {
    case "success":
      return readToken(verdict.text);
    case "unauthorized":
    case "no":
      return refusesKeys(verdict) || (verdict.status === 400 && !verdict.html)
        ? { kind: "keysRefused", status: verdict.status }
        : { kind: "unknown", why: "unreachable" };
    case "unknown":
      return unknownOf(verdict);
  }
}

function readToken(text: string): FetchedToken | NoToken {
  const parsed = accessToken.safeParse(parseJson(text));
  if (!parsed.success) return { kind: "unknown", why: "nonsense" };
  return { kind: "token", value: parsed.data.access_token, lifeSeconds: parsed.data.expires_in };
}

/** A doubt as the ports know it: its reason is for the log. */
export function unknownOf({ why, retryAfterMs }: Doubt): Pick<Doubt, "kind" | "why" | "retryAfterMs"> {
  return { kind: "unknown", why, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
