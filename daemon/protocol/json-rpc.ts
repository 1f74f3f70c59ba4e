/** The errors that JSON-RPC 2.0 itself defines. They carry the same `data` as our own: `code`, `retry`, `hint`. */
export const standardErrorTable = {
  PARSE_ERROR: {
    number: -32700,
    retry: "never",
    message: "The frame is not JSON.",
    hint: "The POS must send one JSON object per text frame.",
  },
  INVALID_REQUEST: {
    number: -32600,
    retry: "never",
    message: "The frame is not a JSON-RPC 2.0 call.",
    hint: 'The POS must send { "jsonrpc": "2.0", "id", "method", "params" } with named parameters, one call per frame.',
  },
  METHOD_NOT_FOUND: {
    number: -32601,
    retry: "never",
    message: "There is no such method.",
    hint: "Check the method's name, and that the till's program is new enough.",
  },
  INVALID_PARAMS: {
    number: -32602,
    retry: "never",
    message: "A parameter is wrong.",
    hint: "The POS must send what `allowed` says in `field`.",
  },
  INTERNAL_ERROR: {
    number: -32603,
    retry: "query",
    message: "Internal error",
    hint: "Ask for the state before you go on. The till's log says more.",
  },
} as const;

export type StandardErrorName = keyof typeof standardErrorTable;

/** What a call is known by until it is answered. Text of 1 to 100 characters, or an integer. */
export type RequestId = string | number;

export interface CallFrame {
  readonly jsonrpc: "2.0";
  readonly id: RequestId;
  readonly method: string;
  readonly params?: unknown;
}

export interface ResultFrame {
  readonly jsonrpc: "2.0";
  readonly id: RequestId;
  readonly result: unknown;
}

/** `id` is null when the frame was too broken to tell which call it was. */
export interface ErrorFrame {
  readonly jsonrpc: "2.0";
  readonly id: RequestId | null;
  readonly error: { readonly code: number; readonly message: string; readonly data: Readonly<Record<string, unknown>> };
}

export interface NotificationFrame {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params: unknown;
}

/** Why the daemon closes a socket. 1000 to 1015 are WebSocket's own. */
export const closeCodes = {
  stopping: 1001,
  binaryFrame: 1003,
  notAuthenticated: 4401,
  noHello: 4408,
  notReading: 4413,
  tooManyMessages: 4429,
} as const;
