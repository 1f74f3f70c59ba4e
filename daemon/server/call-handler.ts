import type { EventLog } from "./event-log.ts";
import { BridgeError } from "../protocol/errors.ts";
import { methodTable, type Params, type Result } from "../protocol/methods.ts";
import type { Handlers, HandlersOf, ReadyCall, SessionInfo } from "./calls.ts";
import type { DeviceClaim } from "./device-claim.ts";
import { mayCall } from "./may-call.ts";

/** As many as `events.replay` gives at most (`limit`). */
const replayedMax = 500;

export interface DispatchPorts {
  readonly handlers: Handlers;
  /** Answers as `work` does, or sooner with an error when `work` waits for what hangs. */
  readonly answerInTime?: <Value>(work: Promise<Value>) => Promise<Value>;
  readonly events: EventLog;
  readonly deviceClaim: DeviceClaim;
  readonly discover: () => Promise<Result<"rpc.discover">>;
}

/** Carries out a checked call of a client that has said hello. */
export type CallHandler = (call: ReadyCall, session: SessionInfo) => Promise<unknown>;

/** The handler throws `ACCESS_DENIED` when the client has not the right. */
export function callHandler(ports: DispatchPorts): CallHandler {
  const answerInTime = ports.answerInTime ?? ((work) => work);
  const handlers = { ...ports.handlers, ...serverHandlers(ports) };
  return async (call, session) => {
    checkRight(call, session);
    // The params were checked against the row of this very method: the compiler cannot follow that through a union.
    const handler = handlers[call.method] as (params: ReadyCall["params"], session: SessionInfo) => Promise<unknown>;
    return answerInTime(handler(call.params, session));
  };
}

function checkRight({ method }: ReadyCall, { rights }: SessionInfo): void {
  if (mayCall(rights, method)) return;
  const hint = "This page may not do that on this till. Use one that may, or ask the person who looks after the till.";
  throw new BridgeError(
    "ACCESS_DENIED",
    { needs: methodTable[method].right, hint },
    "This client has not the right to do that.",
  );
}

/** Each method about connections and events. */
function serverHandlers(ports: DispatchPorts): HandlersOf<"server"> {
  const { deviceClaim, discover } = ports;
  return {
    "events.replay": async (params, session) => replay(ports, params, session),
    "device.claim": async (_, session) => ({ claim: deviceClaim.claim(session), sessionId: session.id }),
    "device.release": async (_, session) => {
      deviceClaim.release(session.id);
      return { claim: "none" };
    },
    "rpc.discover": () => discover(),
  };
}

function replay(
  { events, deviceClaim }: DispatchPorts,
  { afterSeq, limit }: Params<"events.replay">,
  { clientId }: SessionInfo,
) {
  const missed = events.since(afterSeq, limit ?? replayedMax);
  return { ...missed, events: missed.events.filter((event) => deviceClaim.mayReplayTo(event, clientId)) };
}
