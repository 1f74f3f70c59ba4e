import type { EventLog } from "./event-log.ts";
import type { NotificationFrame } from "../protocol/json-rpc.ts";
import type { StampedEvent } from "../protocol/events.ts";
import type { SendBuffer } from "./send-buffer.ts";

/** The events of one session: first what it missed, then what happens, each once and in order. */
export interface EventStream {
  /** The frame of an event that has just been published. */
  publish(frame: Buffer): void;
}

const eventsAtOnce = 100;

export interface EventStreamOptions {
  readonly log: EventLog;
  readonly sendBuffer: SendBuffer;
  readonly afterSeq: number;
  /** Called when the client reads so slowly that the log no longer holds what is next. */
  readonly onSlowConsumer: () => void;
  /** False for what was meant for another client alone. */
  readonly mayReceive: (event: StampedEvent) => boolean;
}

/**
 * Missed events go out as fast as the client reads them; what happens meanwhile waits in the log, not in memory of its own.
 */
export function startEventStream({
  log,
  sendBuffer,
  afterSeq,
  onSlowConsumer,
  mayReceive,
}: EventStreamOptions): EventStream {
  let sentSeq = afterSeq;
  let caughtUp = false;

  async function catchUp(): Promise<void> {
    for (let first = true; ; first = false) {
      const { events, gap } = log.since(sentSeq, eventsAtOnce);
      if (gap && !first) return onSlowConsumer();
      const last = events.at(-1);
      if (!last) break;
      sentSeq = last.params.seq;
      await sendBuffer.sendAll(events.filter(mayReceive).map((event) => JSON.stringify(eventFrame(event))));
    }
    caughtUp = true;
  }

  void catchUp();
  return {
    publish(frame) {
      if (caughtUp) sendBuffer.send(frame);
    },
  };
}

export function eventFrame({ event, params }: StampedEvent): NotificationFrame {
  return { jsonrpc: "2.0", method: event, params };
}
