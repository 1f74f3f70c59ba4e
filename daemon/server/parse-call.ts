import { BridgeError, errorTable } from "../protocol/errors.ts";
import { type ErrorFrame, type RequestId, type StandardErrorName, standardErrorTable } from "../protocol/json-rpc.ts";
import { type MethodName, methodTable, type Params } from "../protocol/methods.ts";
import { isWellFormed } from "./well-formed.ts";
import { wrongParameter } from "./wrong-parameter.ts";

/** A call whose parameters have been checked against the method table. */
export type ParsedCall = {
  [Name in MethodName]: { readonly id: RequestId; readonly method: Name; readonly params: Params<Name> };
}[MethodName];

export type Parsed = { readonly call: ParsedCall } | { readonly refusal: ErrorFrame };

/** JSON-RPC sets no limit; a UUID has 36. */
const idCharactersMax = 100;
const envelope = new Set(["jsonrpc", "id", "method", "params"]);

/** Text of one frame → a call that may be carried out, or the error to send back. Never throws, whatever the text is. */
export function parseCall(text: string): Parsed {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return refusal(null, "PARSE_ERROR");
  }
  if (!isRecord(frame)) {
    return refusal(null, "INVALID_REQUEST", Array.isArray(frame) ? { allowed: "one call per frame, no batches" } : {});
  }
  return parseEnvelope(frame, text);
}

function parseEnvelope(frame: Record<string, unknown>, text: string): Parsed {
  const id = isRequestId(frame["id"]) ? frame["id"] : null;
  const invalid = (field: string, allowed: string) => refusal(id, "INVALID_REQUEST", { field, allowed });
  if (id === null)
    return invalid("id", `text of 1 to ${idCharactersMax} characters or an integer; every call is answered`);
  if (frame["jsonrpc"] !== "2.0") return invalid("jsonrpc", '"2.0"');
  const extra = Object.keys(frame).find((key) => !envelope.has(key));
  if (extra !== undefined) return invalid(extra.slice(0, idCharactersMax), [...envelope].join(", "));
  if (!isWellFormed(frame, text)) return invalid("", "text without lone surrogates");
  const { method, params = {} } = frame;
  if (typeof method !== "string") return invalid("method", "the name of a method");
  if (!isMethodName(method)) return refusal(id, "METHOD_NOT_FOUND");
  if (!isRecord(params))
    return refusal(id, "INVALID_PARAMS", { field: "params", allowed: "named parameters in an object" });
  return parseParams(id, method, params);
}

function parseParams(id: RequestId, method: MethodName, params: Record<string, unknown>): Parsed {
  const checked = methodTable[method].params.safeParse(params);
  if (!checked.success) return refusal(id, "INVALID_PARAMS", wrongParameter(checked.error, params));
  // The row that checked the params is the row of this method: the compiler cannot follow that through a union.
  return { call: { id, method, params: checked.data } as ParsedCall };
}

/** The error frame for anything that was thrown: only errors of the tables say more than that something went wrong inside. */
export function errorFrame(id: RequestId | null, error: unknown): ErrorFrame {
  if (!(error instanceof BridgeError)) return standardError(id, "INTERNAL_ERROR");
  return {
    jsonrpc: "2.0",
    id,
    error: { code: errorTable[error.code].number, message: error.message, data: error.data },
  };
}

/** `details` go to the page as they are: nothing of the parameters' values belongs there. */
export function standardError(id: RequestId | null, name: StandardErrorName, details: object = {}): ErrorFrame {
  const { number, message, retry, hint } = standardErrorTable[name];
  return { jsonrpc: "2.0", id, error: { code: number, message, data: { code: name, retry, hint, ...details } } };
}

function refusal(id: RequestId | null, name: StandardErrorName, details?: object): Parsed {
  return { refusal: standardError(id, name, details) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === "string" ? value.length > 0 && value.length <= idCharactersMax : Number.isSafeInteger(value);
}

/** Own names only: `constructor` and `__proto__` are no methods. */
function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methodTable, name);
}
