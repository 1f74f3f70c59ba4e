import { type BridgeCallError, callError, clientError } from "../../../protocol/call-error.ts";
import type { CallFrame } from "../../../protocol/json-rpc.ts";
import { openLink } from "../../../protocol/link.ts";

const place = "console";

/**
 * The console's token lives in this tab: it survives a reload and ends with the tab. Unlike a cookie, no other program's page on
 * another port of this computer ever gets it, and no request carries it by itself.
 */
export const token = {
  get: () => sessionStorage.getItem(place) ?? undefined,
  keep: (text: string) => sessionStorage.setItem(place, text),
  forget: () => sessionStorage.removeItem(place),
};

/** Where the daemon answers that has sent this page. */
export function daemonUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1`;
}

/** The code after `#` in the address that `tillbridge console` shows. It is taken out of the address, and out of its history. */
export function codeInAddress(): string | undefined {
  const code = location.hash.slice(1);
  if (code === "") return undefined;
  history.replaceState(undefined, "", location.pathname);
  return /^\d{8}$/.test(code) ? code : undefined;
}

/** Changes the code for a token. Rejects with `BridgeCallError`: `ACCESS_DENIED`, or `NOT_CONNECTED`. */
export function openWith(code: string): Promise<string> {
  const call: CallFrame = { jsonrpc: "2.0", id: 1, method: "console.open", params: { code } };
  return new Promise((resolve, reject: (error: BridgeCallError) => void) => {
    const link = openLink(daemonUrl(), {
      opened: () => link.send(call),
      notified: () => undefined,
      answered: (frame) => {
        link.close();
        if ("error" in frame) reject(callError(frame));
        else resolve((frame.result as { token: string }).token);
      },
      closed: () => reject(clientError("NOT_CONNECTED")),
    });
  });
}
