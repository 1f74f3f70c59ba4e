import type { ServerResponse } from "node:http";
import type { SimulatedPlatform } from "../platform/platform.ts";
import { simulatorState } from "./state.ts";

/** A page that does not read for this long is let go. */
const unsentBytesMax = 1_000_000;

/** Sends the state now and after every change, as server-sent events named `state`. Several changes at once make one event. */
export function streamState(platform: SimulatedPlatform, closed: AbortSignal, response: ServerResponse): void {
  let due = false;
  const send = () => {
    due = false;
    write(response, "state", simulatorState(platform));
  };
  const stop = platform.onChange(() => {
    if (!due) queueMicrotask(send);
    due = true;
  });
  open(response, closed, stop);
  send();
}

/** Sends each check-in as a server-sent event named `check-in`. Who listens is a shop that takes them: the app shows "connected". */
export function streamCheckIns(platform: SimulatedPlatform, closed: AbortSignal, response: ServerResponse): void {
  const stop = platform.checkIns.listen((checkIn) => {
    write(response, "check-in", checkIn);
    return !response.destroyed;
  });
  open(response, closed, stop);
  response.flushHeaders();
}

function open(response: ServerResponse, closed: AbortSignal, stop: () => void): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const end = () => response.end();
  closed.addEventListener("abort", end, { once: true });
  response.once("close", () => {
    stop();
    closed.removeEventListener("abort", end);
  });
}

function write(response: ServerResponse, name: string, data: unknown): void {
  if (response.writableLength > unsentBytesMax) response.destroy();
  else response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
