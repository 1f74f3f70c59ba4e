import type { EventLog } from "./event-log.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { Right } from "../protocol/rights.ts";
import type { TillView } from "../protocol/values.ts";
import { protocolVersions } from "../protocol/version.ts";

/** What a page learns about the till when it connects. */
export interface TillStatus {
  readonly till: TillView;
  /** Payments that need a decision. */
  readonly recoveryOpen: number;
}

export interface Handshake {
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly events: EventLog;
  readonly tillStatus: () => TillStatus;
}

/** The answer to `session.hello` of a client that may connect. Throws `PROTOCOL_MISMATCH` and `WRONG_TILL`. */
export function answerHello(
  handshake: Handshake,
  hello: Params<"session.hello">,
  rights: readonly Right[],
): Result<"session.hello"> {
  const protocol = commonProtocol(hello.protocol);
  const { till, recoveryOpen } = handshake.tillStatus();
  checkTill(till, hello.till);
  const gap = hello.afterSeq !== undefined && handshake.events.since(hello.afterSeq, 0).gap;
  return {
    protocol,
    daemon: { name: "tillbridge", version: handshake.version },
    till,
    seq: handshake.events.lastSeq,
    recovery: { open: recoveryOpen },
    capabilities: [...handshake.capabilities],
    rights: [...rights],
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

/**
 * A page that was set up for another counter would have the customers there pay its sales. A till without a tag has no counter yet: the
 * page must get in to pair it. Throws `WRONG_TILL`.
 */
export function checkTill({ tillId, terminal }: TillView, expected: Params<"session.hello">["till"]): void {
  const isOtherTill = expected?.tillId !== undefined && expected.tillId !== tillId;
  const isOtherTag = expected?.tagId !== undefined && terminal !== undefined && expected.tagId !== terminal.tagId;
  if (isOtherTill || isOtherTag) throw new BridgeError("WRONG_TILL", { tillId, tagId: terminal?.tagId });
}
