import { callError, clientError } from "./call-error.ts";
import type { CallFrame } from "./json-rpc.ts";
import { openLink } from "./link.ts";

export interface AccessWish {
  readonly url: string;
  /** The name under which access is granted: shown to the person who approves. */
  readonly name: string;
  /** Show this code large: a person types it at the till. */
  readonly onCode: (code: string) => void;
  /** Ends the request. */
  readonly signal?: AbortSignal;
}

/**
 * Asks for a token, once for all: keep it. Rejects with `BridgeCallError`: `ACCESS_DENIED` when no person approves in five minutes or when
 * wrong codes were typed, `NOT_CONNECTED` when no daemon answers.
 */
export function requestAccess({ url, name, onCode, signal }: AccessWish): Promise<string> {
  const call: CallFrame = { jsonrpc: "2.0", id: 1, method: "session.requestAccess", params: { client: { name } } };
  return new Promise((resolve, reject) => {
    const link = openLink(url, {
      opened: () => link.send(call),
      notified: ({ method, params }) => {
        if (method === "session.accessCode") onCode((params as { code: string }).code);
      },
      answered: (frame) => {
        link.close();
        if ("error" in frame) reject(callError(frame));
        else resolve((frame.result as { token: string }).token);
      },
      closed: () => reject(clientError("NOT_CONNECTED")),
    });
    signal?.addEventListener("abort", () => {
      link.close();
      reject(clientError("GIVEN_UP"));
    });
  });
}
