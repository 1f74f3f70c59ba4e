import type { MethodName, Params, Result } from "../protocol/methods.ts";
import type { Right } from "../protocol/rights.ts";

/** Answered by the server itself: they are about the connection, not about the till. */
type ServerMethod =
  | "session.hello"
  | "session.requestAccess"
  | "console.open"
  | "device.claim"
  | "device.release"
  | "events.replay"
  | "rpc.discover";

export type HandledMethod = Exclude<MethodName, ServerMethod>;

/** Answered for the till's own console only. */
export type ConsoleMethod = Extract<HandledMethod, `console.${string}`>;

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
 * One function per method of the table; a missing one does not compile. The parameters have been checked. A `BridgeError` goes to
 * the caller with its number and data; anything else becomes "Internal error" and is logged.
 */
export type Handlers = {
  [Name in HandledMethod]: (params: Params<Name>, session: SessionInfo) => Promise<Result<Name>>;
};
