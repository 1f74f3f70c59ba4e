import type { ErrorName } from "./errors.ts";
import type { ErrorFrame, StandardErrorName } from "./json-rpc.ts";

/**
 * `NOT_CONNECTED`: the call never left this page, nothing happened. `CONNECTION_LOST`: it may have arrived; ask for the state.
 * `GIVEN_UP`: the page itself ended the wait, by its signal or by closing the client.
 */
export type ClientErrorName = "NOT_CONNECTED" | "CONNECTION_LOST" | "GIVEN_UP" | "TOO_MANY_CALLS";

export type CallErrorCode = ErrorName | StandardErrorName | ClientErrorName;

/** `same-request`: send exactly this again. `query`: ask for the state first. `never`: the same request will fail again. */
export type Retry = "never" | "same-request" | "query";

/** Why a call failed. `hint` is for the person at the till, in English; `data` holds what else the daemon said. */
export class BridgeCallError extends Error {
  readonly code: CallErrorCode;
  readonly retry: Retry;
  readonly hint: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: CallErrorCode,
    message: string,
    retry: Retry,
    hint: string,
    data: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "BridgeCallError";
    this.code = code;
    this.retry = retry;
    this.hint = hint;
    this.data = data;
  }
}

/** The daemon puts code, retry and hint into every error's data. */
export function callError({ error }: ErrorFrame): BridgeCallError {
  const { code, retry, hint } = error.data as { code: CallErrorCode; retry: Retry; hint: string };
  return new BridgeCallError(code, error.message, retry, hint, error.data);
}

const words: Record<ClientErrorName, { message: string; retry: Retry; hint: string }> = {
  NOT_CONNECTED: {
    message: "The till's program cannot be reached. Nothing was sent.",
    retry: "same-request",
    hint: "Start the till's program, or wait until it has started, and try again.",
  },
  CONNECTION_LOST: {
    message: "The connection to the till's program was lost before it answered.",
    retry: "query",
    hint: "Wait for the connection and look at what became of it before you go on.",
  },
  GIVEN_UP: {
    message: "The page stopped waiting for the answer.",
    retry: "query",
    hint: "Look at what became of it before you go on.",
  },
  TOO_MANY_CALLS: {
    message: "Too many calls are waiting for an answer.",
    retry: "same-request",
    hint: "Wait a moment and try again.",
  },
};

export function clientError(code: ClientErrorName): BridgeCallError {
  const { message, retry, hint } = words[code];
  return new BridgeCallError(code, message, retry, hint);
}
