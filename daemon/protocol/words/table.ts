import type { CallErrorCode } from "../call-error.ts";
import type { ClientState } from "../client.ts";

export type StateName =
  | Exclude<ClientState["name"], "blocked">
  | "notRunningOrBlocked"
  | "blockedPrompt"
  | "blockedDenied";

/** What the cashier is shown, one entry for each state of the client and each error: what is the matter, and what to do. */
export type Words = Readonly<Record<StateName | CallErrorCode, string>>;
