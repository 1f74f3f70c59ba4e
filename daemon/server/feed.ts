import type { EventLog } from "./event-log.ts";
import type { NotificationFrame } from "../protocol/json-rpc.ts";
import type { StampedEvent } from "../protocol/events.ts";
import type { Outbox } from "./outbox.ts";

/** The events of one session: first what it missed, then what happens, each once and in order. */
export interface Feed {
  /** The frame of an event that has just been published. */
  publish(frame: Buffer): void;
}

const eventsAtOnce = 100;

export interface Feeding {
  readonly log: EventLog;
  readonly outbox: Outbox;
  readonly afterSeq: number;
  /** Called when the client reads so slowly that the log no longer holds what is next. */
  readonly lost: () => void;
  /** False for what was meant for another client alone. */
  readonly mayHear: (event: StampedEvent) => boolean;
}

/**
 * Missed events go out as fast as the client reads them; what happens meanwhile waits in the log, not in memory of its own.
 */
export function startFeed({ log, outbox, afterSeq, lost, mayHear }: Feeding): Feed {
  let sentSeq = afterSeq;
  let caughtUp = false;

  async function catchUp(): Promise<void> {
    for (let first = true; ; first = false) {
      const { events, gap } = log.since(sentSeq, eventsAtOnce);
      if (gap && !first) return lost();
      const last = events.at(-1);
      if (!last) break;
      sentSeq = last.params.seq;
      await outbox.sendAll(events.filter(mayHear).map((event) => JSON.stringify(eventFrame(event))));
    }
    caughtUp = true;
  }

  void catchUp();
  return {
    publish(frame) {
      if (caughtUp) outbox.send(frame);
    },
  };
}

export function eventFrame({ event, params }: StampedEvent): NotificationFrame {
  return { jsonrpc: "2.0", method: event, params };
}
