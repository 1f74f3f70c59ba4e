import type { World } from "../world.ts";
import type { HttpOutcome } from "./http.ts";

/** `clockSkewSeconds`: the till's clock minus MobilePay's. `lastAnswerAt`: RFC 3339 UTC, by the till's clock. */
export interface MobilePayHealth {
  readonly state: "unknown" | "reachable" | "unreachable";
  readonly lastAnswerAt?: string;
  readonly clockSkewSeconds?: number;
}

/** What is known about the line to MobilePay, from the calls that are made anyway. */
export interface Contact {
  /** `usable` is whether the platform itself answered, with yes, no or wait. `tookMs` is the whole call's time. */
  note(outcome: HttpOutcome, usable: boolean, tookMs: number): void;
  health(): MobilePayHealth;
  /**
   * MobilePay's time, milliseconds since 1970, give or take a second. It goes on by the clock that never jumps, so that setting the
   * till's clock does not change it. Undefined until MobilePay has sent it.
   */
  timeNow(): number | undefined;
}

/** An answer that took longer says too little about the time at which it was dated. */
const skewRoundTripMsMax = 2000;

export function createContact(world: World): Contact {
  let health: MobilePayHealth = { state: "unknown" };
  let aheadOfMonotonicMs: number | undefined;
  return {
    note(outcome, usable, tookMs) {
      if (!usable) {
        health = { ...health, state: "unreachable" };
        return;
      }
      const skew = outcome.kind === "answered" ? clockSkewSeconds(outcome.date, world.now(), tookMs) : undefined;
      if (skew !== undefined) aheadOfMonotonicMs = world.now() - skew * 1000 - world.monotonicMs();
      health = {
        ...health,
        state: "reachable",
        lastAnswerAt: new Date(world.now()).toISOString(),
        ...(skew !== undefined && { clockSkewSeconds: skew }),
      };
    },
    health: () => health,
    timeNow: () => (aheadOfMonotonicMs === undefined ? undefined : aheadOfMonotonicMs + world.monotonicMs()),
  };
}

/** Ours minus theirs in whole seconds. Their `Date` is cut to the second and was written about half way through the call. */
export function clockSkewSeconds(date: string | undefined, nowMs: number, tookMs: number): number | undefined {
  const theirsMs = Date.parse(date ?? "");
  if (Number.isNaN(theirsMs) || tookMs > skewRoundTripMsMax) return undefined;
  return Math.round((nowMs - tookMs / 2 - (theirsMs + 500)) / 1000) + 0;
}
