import type { Logger } from "../log/logger.ts";
import type { BridgeEvent, StampedEvent } from "../protocol/events.ts";
import type { World } from "../world.ts";

/** What has been sent to the pages: numbered, kept for a while for those that were away, and passed on at once. */
export interface EventLog {
  /** Numbers the event, keeps it and notifies every subscriber before it returns (or in turn, when called by a subscriber). */
  publish(event: BridgeEvent): void;
  /** The listener must not block. Returns what ends the subscription. */
  subscribe(listener: (event: StampedEvent) => void): () => void;
  /**
   * The oldest events after `afterSeq`, at most `limit`. `gap`: events after `afterSeq` may be missing, because they are no
   * longer held, were published before the daemon started, or because this daemon has never published an event with that number.
   */
  since(afterSeq: number, limit: number): { readonly events: readonly StampedEvent[]; readonly gap: boolean };
  /** The highest number given so far. */
  readonly lastSeq: number;
}

export interface EventLogOptions {
  /** The journal's counter: only grows, across restarts too. */
  nextSeq(): number;
  /** The highest number that may have been given before this start. */
  readonly lastSeq: number;
  readonly world: Pick<World, "now">;
  readonly log: Logger;
}

/** Hours of a busy till; a page that was away longer asks for the state. */
const eventsHeldMax = 2000;

export function createEventLog(options: EventLogOptions): EventLog {
  const held: StampedEvent[] = [];
  const undispatched: StampedEvent[] = [];
  const listeners = new Set<(event: StampedEvent) => void>();
  let lastSeq = options.lastSeq;
  let isDispatching = false;
  /** Every event with a higher number is held. */
  let floorSeq = lastSeq;

  function keep(event: StampedEvent): void {
    held.push(event);
    if (held.length > eventsHeldMax) floorSeq = held.shift()?.params.seq ?? floorSeq;
  }

  /** One after the other, also when a listener publishes: every listener gets the events in the order of their numbers. */
  function dispatch(event: StampedEvent): void {
    undispatched.push(event);
    if (isDispatching) return;
    isDispatching = true;
    for (let next = undispatched.shift(); next; next = undispatched.shift()) notifyListeners(next);
    isDispatching = false;
  }

  function notifyListeners(event: StampedEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        options.log.error("an event's listener failed", { event: event.event, error });
      }
    }
  }

  return {
    publish(event) {
      lastSeq = options.nextSeq();
      const stamped = stamp(event, lastSeq, options.world.now());
      keep(stamped);
      dispatch(stamped);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    since(afterSeq, limit) {
      const first = held.findIndex((event) => event.params.seq > afterSeq);
      const events = first < 0 ? [] : held.slice(first, first + limit);
      return { events, gap: afterSeq < floorSeq || afterSeq > lastSeq };
    },
    get lastSeq() {
      return lastSeq;
    },
  };
}

function stamp(event: BridgeEvent, seq: number, now: number): StampedEvent {
  // The spread keeps the pair of name and params together, which the compiler cannot follow through a union.
  return { event: event.event, params: { ...event.params, seq, at: new Date(now).toISOString() } } as StampedEvent;
}
