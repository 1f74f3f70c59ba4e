import type { AnsweredBy, MethodAnsweredBy, Params, Result } from "../protocol/methods.ts";
import type { Right } from "../protocol/rights.ts";
import type { ParsedCall } from "./parse-call.ts";

/** Who calls. */
export interface SessionInfo {
  /** New for every connection. */
  readonly id: string;
  /** The name under which access was granted. */
  readonly client: string;
  readonly clientId: string;
  readonly rights: readonly Right[];
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
}

/**
 * One function per method whose row says that it is answered there; a missing one does not compile. The parameters have been
 * checked. A `BridgeError` goes to the caller with its number and data; anything else becomes "Internal error" and is logged.
 */
export type HandlersOf<Where extends AnsweredBy> = {
  [Name in MethodAnsweredBy<Where>]: (params: Params<Name>, session: SessionInfo) => Promise<Result<Name>>;
};

/** What the daemon puts behind its server. */
export type Handlers = HandlersOf<"till" | "console">;

/** A call of a connection that is not yet admitted: the session answers it itself. */
export type OpeningCall = Extract<ParsedCall, { method: MethodAnsweredBy<"session"> }>;
/** Any other. */
export type ReadyCall = Exclude<ParsedCall, OpeningCall>;
