import type { EventLog } from "../events.ts";
import type { Result } from "../protocol/methods.ts";
import type { Handlers, SessionInfo } from "./calls.ts";
import type { Call } from "./dispatch.ts";

const replayedMax = 500;

export interface Answering {
  readonly handlers: Handlers;
  readonly events: EventLog;
  readonly discover: () => Promise<Result<"rpc.discover">>;
}

/** Carries out a checked call of a client that has said hello. */
export async function answer(
  { handlers, events, discover }: Answering,
  call: Call,
  session: SessionInfo,
): Promise<unknown> {
  switch (call.method) {
    case "events.replay":
      return events.since(call.params.afterSeq, call.params.limit ?? replayedMax);
    case "rpc.discover":
      return discover();
    case "session.hello":
    case "session.requestAccess":
    case "console.open":
      throw new Error("assertion failed: the session answers this itself");
    default: {
      // The params were checked against the row of this very method: the compiler cannot follow that through a union.
      const handler = handlers[call.method] as (params: Call["params"], session: SessionInfo) => Promise<unknown>;
      return handler(call.params, session);
    }
  }
}
