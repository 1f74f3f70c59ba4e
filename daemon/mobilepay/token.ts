import type { Unknown } from "../payments/ports/gateway.ts";
import type { World } from "../world.ts";

/** `keysRefused`: the platform does not accept the client's keys. `status`: what it answered. */
export type NoToken = { readonly kind: "keysRefused"; readonly status?: number } | Unknown;
export type TokenAnswer = Token | NoToken;

interface Token {
  readonly kind: "token";
  readonly value: string;
}

export interface FetchedToken extends Token {
  readonly lifeSeconds: number;
}

export interface AccessTokens {
  /** A token that should be valid, asked for only when there is none. Callers at the same time share one request. */
  get(): Promise<TokenAnswer>;
  /** The platform did not accept this token: the next `get` asks for a new one. */
  drop(value: string): void;
}

/** Never longer than the production token's life, whatever is announced. */
const lifeMsMax = 24 * 3_600_000;
/** Time to get another one while this one still serves. */
const refreshEarlyMsMax = 300_000;

/** Keeps the access token in memory only. `fetch` asks the platform for a new one and never rejects. */
export function createTokens(fetch: () => Promise<FetchedToken | NoToken>, world: World): AccessTokens {
  let kept: { token: Token; refreshAtMs: number; endsAtMs: number } | undefined;
  let flight: Promise<TokenAnswer> | undefined;

  async function renew(): Promise<TokenAnswer> {
    const askedAtMs = world.monotonicMs();
    const answer = await fetch();
    if (answer.kind !== "token") return answer;
    kept = keep(answer, askedAtMs);
    return kept.token;
  }

  /** While a new token cannot be had, the old one serves until its end. */
  async function get(): Promise<TokenAnswer> {
    if (kept && world.monotonicMs() < kept.refreshAtMs) return kept.token;
    flight ??= renew().finally(() => {
      flight = undefined;
    });
    const answer = await flight;
    return answer.kind !== "token" && kept && world.monotonicMs() < kept.endsAtMs ? kept.token : answer;
  }

  return {
    get,
    drop(value) {
      if (kept?.token.value === value) kept = undefined;
    },
  };
}

/** Renewed five minutes, or a tenth of its life, before its end. */
function keep({ value, lifeSeconds }: FetchedToken, askedAtMs: number) {
  const lifeMs = Math.min(lifeSeconds * 1000, lifeMsMax);
  const endsAtMs = askedAtMs + lifeMs;
  return {
    token: { kind: "token", value } as const,
    endsAtMs,
    refreshAtMs: endsAtMs - Math.min(refreshEarlyMsMax, lifeMs / 10),
  };
}
