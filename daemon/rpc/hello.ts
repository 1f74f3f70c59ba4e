import type { EventLog } from "../events.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { TillView } from "../protocol/values.ts";
import { protocolVersions } from "../protocol/version.ts";

/** What a page is told about the till when it connects. */
export interface Identity {
  readonly till: TillView;
  /** Payments that need a decision. */
  readonly recoveryOpen: number;
}

export interface Greeter {
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly events: EventLog;
  readonly identity: () => Identity;
}

/** The answer to `session.hello` of a client that may connect. Throws `PROTOCOL_MISMATCH`. */
export function greet(greeter: Greeter, hello: Params<"session.hello">): Result<"session.hello"> {
  const protocol = commonProtocol(hello.protocol);
  const { till, recoveryOpen } = greeter.identity();
  const gap = hello.afterSeq !== undefined && greeter.events.since(hello.afterSeq, 0).gap;
  return {
    protocol,
    daemon: { name: "tillbridge", version: greeter.version },
    till,
    seq: greeter.events.lastSeq,
    recovery: { open: recoveryOpen },
    capabilities: [...greeter.capabilities],
    ...(gap && { gap }),
  };
}

function commonProtocol(offered: { min: number; max: number }): number {
  const highest = Math.min(offered.max, protocolVersions.max);
  if (highest < Math.max(offered.min, protocolVersions.min)) {
    throw new BridgeError("PROTOCOL_MISMATCH", { supported: protocolVersions });
  }
  return highest;
}
