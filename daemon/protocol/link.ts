import type { CallFrame, ErrorFrame, NotificationFrame, ResultFrame } from "./json-rpc.ts";

/** One connection to the daemon: frames in, frames out, until it is gone. */
export interface Link {
  send(frame: CallFrame): void;
  /** No handler is called after this. */
  close(): void;
}

export interface LinkHandlers {
  opened(): void;
  answered(frame: ResultFrame | ErrorFrame): void;
  notified(frame: NotificationFrame): void;
  /** Once, whatever the reason. */
  closed(why: Closing): void;
}

/** The code with which the daemon closed; 1006 when it never opened or broke off. `forbidden`: the browser did not let the page try. */
export type Closing = number | "forbidden";

/** Uses the WebSocket that browsers and Node have built in. */
export function openLink(url: string, handlers: LinkHandlers): Link {
  const socket = openSocket(url);
  let isOver = false;

  function end(why: Closing): void {
    if (isOver) return;
    isOver = true;
    handlers.closed(why);
  }

  if (!socket) {
    queueMicrotask(() => end("forbidden"));
    return { send: () => undefined, close: () => (isOver = true) };
  }
  socket.addEventListener("open", () => {
    if (!isOver) handlers.opened();
  });
  socket.addEventListener("message", (event: { readonly data: unknown }) => {
    if (!isOver) receive(event.data, handlers);
  });
  socket.addEventListener("close", (event: { readonly code: number }) => end(event.code));
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close() {
      isOver = true;
      socket.close();
    },
  };
}

/** Undefined where the browser forbids it outright, as some do for `ws:` from a page on `https:`. Throws when `url` is no address. */
function openSocket(url: string): WebSocket | undefined {
  try {
    return new WebSocket(url);
  } catch (error) {
    if (error instanceof Error && error.name === "SyntaxError") throw error;
    return undefined;
  }
}

function receive(data: unknown, handlers: LinkHandlers): void {
  if (typeof data !== "string") return;
  // The daemon checks what it sends against the tables; what is neither shape is of a later version, and not for us.
  const frame = JSON.parse(data) as ResultFrame | ErrorFrame | NotificationFrame;
  if ("method" in frame) handlers.notified(frame);
  else if ("id" in frame) handlers.answered(frame);
}
