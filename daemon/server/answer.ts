import type { EventLog } from "./event-log.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { Params, Result } from "../protocol/methods.ts";
import { mayCall, rightFor } from "../protocol/rights.ts";
import type { Handlers, SessionInfo } from "./calls.ts";
import type { Call } from "./dispatch.ts";
import type { Focus } from "./focus.ts";

const replayedMax = 500;

export interface Answering {
  readonly handlers: Handlers;
  readonly events: EventLog;
  readonly focus: Focus;
  readonly discover: () => Promise<Result<"rpc.discover">>;
}

/** Carries out a checked call of a client that has said hello. Throws `ACCESS_DENIED` when it has not the right. */
export async function answer(answering: Answering, call: Call, session: SessionInfo): Promise<unknown> {
  const { handlers, focus, discover } = answering;
  checkRight(call, session);
  switch (call.method) {
    case "events.replay":
      return replay(answering, call.params, session);
    case "device.claim":
      return { claim: focus.claim(session), sessionId: session.id };
    case "device.release":
      focus.release(session.id);
      return { claim: "none" };
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

function checkRight({ method }: Call, { rights }: SessionInfo): void {
  if (mayCall(rights, method)) return;
  const hint = "This page may not do that on this till. Use one that may, or ask the person who looks after the till.";
  throw new BridgeError(
    "ACCESS_DENIED",
    { needs: rightFor(method), hint },
    "This client has not the right to do that.",
  );
}

function replay({ events, focus }: Answering, { afterSeq, limit }: Params<"events.replay">, { clientId }: SessionInfo) {
  const missed = events.since(afterSeq, limit ?? replayedMax);
  return { ...missed, events: missed.events.filter((event) => focus.mayHearAgain(event, clientId)) };
}
