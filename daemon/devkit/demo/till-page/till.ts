import { BridgeCallError, type BridgeClient } from "../../../protocol/client.ts";
import type { Memory } from "./memory.ts";
import type { TillPageStore, Trouble } from "./state.ts";

/** The daemon, as the rest of the page calls it. */
export type TillCalls = Pick<BridgeClient, "call">;

/** What every part of the till page works with. */
export interface Parts {
  readonly store: TillPageStore;
  readonly memory: Memory;
  readonly till: TillCalls;
}

/** Nothing is known of what became of the call. The page asks as soon as the daemon is back. */
const healsItself: ReadonlySet<string> = new Set(["CONNECTION_LOST", "GIVEN_UP"]);
/** The daemon may have done something all the same. */
const saysNothing: ReadonlySet<string> = new Set([
  ...healsItself,
  "OUTCOME_UNKNOWN",
  "JOURNAL_FAILED",
  "INTERNAL_ERROR",
]);

/** Words for what went wrong; undefined when the page heals it by itself. Anything but an answer of the till's is a mistake of ours. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof BridgeCallError)) throw error;
  if (healsItself.has(error.code)) return undefined;
  return { message: error.message, hint: error.hint, again: error.retry === "same-request" };
}

/** Whether the daemon said no: what was asked for has not been begun, and will not be. */
export function isRefusal(error: unknown): error is BridgeCallError {
  return error instanceof BridgeCallError && error.retry !== "same-request" && !saysNothing.has(error.code);
}
