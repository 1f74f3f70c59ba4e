import type { MobilePayTrouble, MobilePayLine } from "../protocol/values.ts";
import type { World } from "../world.ts";
import type { HttpOutcome } from "./http.ts";
import { keysTrouble } from "./trouble.ts";

/** `clockSkewSeconds`: the till's clock minus MobilePay's. `lastAnswerAt`: RFC 3339 UTC, by the till's clock. */
export interface MobilePayHealth extends MobilePayLine {
  readonly clockSkewSeconds?: number;
}

/** What one exchange showed. `trouble`: why it is of no use; absent when the platform itself answered, with yes, no or wait. */
export interface NotedExchange {
  readonly outcome: HttpOutcome;
  readonly trouble?: MobilePayTrouble;
  /** The whole exchange's time. */
  readonly tookMs: number;
  /** What it showed about the keys; absent when nothing. */
  readonly keys?: "accepted" | "refused";
  /** A token, or a call with one: a token that is given says nothing about calls that are refused. */
  readonly about: "token" | "call";
}

/** What is known about the line to MobilePay, from the calls that are made anyway. */
export interface Contact {
  note(noted: NotedExchange): void;
  /** More has been found out about the trouble that there is. */
  explain(trouble: MobilePayTrouble): void;
  health(): MobilePayHealth;
  /**
   * MobilePay's time, milliseconds since 1970, give or take a second. It goes on by the clock that never jumps, so that setting the
   * till's clock does not change it. Undefined until MobilePay has sent it.
   */
  timeNow(): number | undefined;
}

/** An answer that took longer says too little about the time at which it was dated. */
const skewRoundTripMsMax = 2000;

/** `onChange`: the line is up or down, or the trouble with it another one. */
export function createContact(world: World, onChange: (line: MobilePayLine) => void = () => undefined): Contact {
  let line: Omit<MobilePayLine, "trouble"> = { state: "unknown" };
  let clockSkewSeconds: number | undefined;
  let lineTrouble: MobilePayTrouble | undefined;
  /** Whatever happens to the line, dead keys stay the reason until they are seen to be accepted. */
  let keysRefusedFor: "token" | "call" | undefined;
  let aheadOfMonotonicMs: number | undefined;
  let told = "";

  function shown(): MobilePayLine {
    const trouble = keysRefusedFor === undefined ? lineTrouble : keysTrouble;
    return { ...line, ...(trouble && { trouble }) };
  }

  function tellChange(): void {
    const { state, trouble } = shown();
    const now = JSON.stringify([state, trouble?.reason, trouble?.issuer]);
    if (now === told) return;
    told = now;
    onChange(shown());
  }

  function noteAnswer(outcome: HttpOutcome, tookMs: number): void {
    const skew = outcome.kind === "answered" ? skewSeconds(outcome.date, world.now(), tookMs) : undefined;
    if (skew !== undefined) aheadOfMonotonicMs = world.now() - skew * 1000 - world.monotonicMs();
    clockSkewSeconds = skew ?? clockSkewSeconds;
    line = { state: "reachable", lastAnswerAt: new Date(world.now()).toISOString() };
  }

  function noteKeys(keys: "accepted" | "refused", about: NotedExchange["about"]): void {
    if (keys === "refused") keysRefusedFor = about;
    else if (about === "call" || keysRefusedFor === "token") keysRefusedFor = undefined;
  }

  return {
    note({ outcome, trouble, tookMs, keys, about }) {
      if (trouble) line = { ...line, state: "unreachable" };
      else noteAnswer(outcome, tookMs);
      // What was found out about the same trouble stays.
      if (trouble?.reason !== lineTrouble?.reason) lineTrouble = trouble;
      if (keys) noteKeys(keys, about);
      tellChange();
    },
    explain(trouble) {
      if (trouble.reason !== lineTrouble?.reason) return;
      lineTrouble = trouble;
      tellChange();
    },
    health: () => ({ ...shown(), ...(clockSkewSeconds !== undefined && { clockSkewSeconds }) }),
    timeNow: () => (aheadOfMonotonicMs === undefined ? undefined : aheadOfMonotonicMs + world.monotonicMs()),
  };
}

/** Ours minus theirs in whole seconds. Their `Date` is cut to the second and was written about half way through the call. */
export function skewSeconds(date: string | undefined, nowMs: number, tookMs: number): number | undefined {
  const theirsMs = Date.parse(date ?? "");
  if (Number.isNaN(theirsMs) || tookMs > skewRoundTripMsMax) return undefined;
  return Math.round((nowMs - tookMs / 2 - (theirsMs + 500)) / 1000) + 0;
}
