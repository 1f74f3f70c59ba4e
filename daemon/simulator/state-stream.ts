import type { ServerResponse } from "node:http";
import type { Platform } from "./platform.ts";
import { simulatorState } from "./state.ts";

/** A page that does not read for this long is let go. */
const unsentBytesMax = 1_000_000;

/** Sends the state now and after every change, as server-sent events named `state`. Several changes at once make one event. */
export function streamState(platform: Platform, closed: AbortSignal, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let due = false;
  const send = () => {
    due = false;
    if (response.writableLength > unsentBytesMax) response.destroy();
    else response.write(`event: state\ndata: ${JSON.stringify(simulatorState(platform))}\n\n`);
  };
  const stop = platform.onChange(() => {
    if (!due) queueMicrotask(send);
    due = true;
  });
  const end = () => response.end();
  closed.addEventListener("abort", end, { once: true });
  response.once("close", () => {
    stop();
    closed.removeEventListener("abort", end);
  });
  send();
}
