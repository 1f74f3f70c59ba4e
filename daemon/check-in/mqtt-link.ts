import type { Logger } from "../log/logger.ts";
import { NoSession, openSession, type Outgoing, type Session, type SessionOptions } from "./mqtt-session.ts";

export interface LinkOptions extends Omit<SessionOptions, "subscriptions"> {
  /** Asked at every connection. */
  readonly subscriptions: () => readonly string[];
  /** What is said first on every connection. */
  readonly greeting?: () => Outgoing;
  /** What is said last when we leave by ourselves. */
  readonly farewell?: () => Outgoing;
  readonly onLost?: () => void;
  readonly log: Logger;
}

/** A connection to the broker that comes back by itself, for ever. */
export interface Link {
  state(): "connecting" | "ready";
  /** As of a session. Rejects with `NoSession` at once while there is no connection: nothing is kept for later. */
  publish(message: Outgoing): Promise<"sent" | "nobody">;
  /** Subscribes anew: what `subscriptions` tells has changed. */
  renew(): void;
  close(): Promise<void>;
}

/** A till that lost its broker comes back within a second at first; with a whole chain trying, soon within a minute. */
const firstWaitMs = 1_000;
const waitMsMax = 60_000;
/** A connection that ends sooner counts as a failure: two tills with the same name throw each other out like that. */
const goodAfterMs = 10_000;

export function createLink(options: LinkOptions): Link {
  const stopped = new AbortController();
  let session: Session | undefined;
  let renewed = new AbortController();

  /** One connection, from beginning to end. */
  async function live(): Promise<Ending> {
    const { world, log, greeting, farewell, onLost } = options;
    renewed = new AbortController();
    const leave = AbortSignal.any([stopped.signal, renewed.signal]);
    const opened = await openSession({ ...options, subscriptions: options.subscriptions() });
    const startedMs = world.monotonicMs();
    try {
      if (greeting) await opened.publish(greeting());
      session = opened;
      log.info("connected to the broker");
      const reason = await Promise.race([opened.ended, aborted(leave)]);
      if (reason !== undefined) log.warn("the connection to the broker was lost", { reason });
      else if (farewell) await opened.publish(farewell()).catch(() => undefined);
    } finally {
      session = undefined;
      onLost?.();
      await opened.close();
    }
    if (leave.aborted) return "left";
    return world.monotonicMs() - startedMs >= goodAfterMs ? "lost" : "lostAtOnce";
  }

  const running = keepTrying(options, live, stopped.signal);
  return {
    state: () => (session ? "ready" : "connecting"),
    publish: (message) => session?.publish(message) ?? Promise.reject(new NoSession("NOT_CONNECTED")),
    renew: () => renewed.abort(),
    async close() {
      stopped.abort();
      await running;
    },
  };
}

/** `left`: by ourselves. `lostAtOnce`: a connection that was not worth having. */
type Ending = "left" | "lost" | "lostAtOnce";

async function keepTrying(
  { world, log }: LinkOptions,
  live: () => Promise<Ending>,
  stopped: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    try {
      const ending = await live();
      failures = ending === "lostAtOnce" ? failures + 1 : 0;
      if (ending === "left") continue;
    } catch (error) {
      if (!(error instanceof NoSession)) throw error;
      tell(log, error.reason, failures);
      failures += 1;
    }
    // Anywhere between none and all of it, so that the tills of a chain do not all come at once.
    await world.sleep(waitMs(failures) * world.chance(), stopped);
  }
}

function waitMs(failures: number): number {
  return Math.min(waitMsMax, firstWaitMs * 2 ** Math.min(failures, 10));
}

/** Bad name or password, or not authorized: MQTT 5 reason codes. They do not mend themselves. */
const refusals = ["REASON_134", "REASON_135"];

/** Once when it begins, and then only now and then. */
function tell(log: Logger, reason: string, failures: number): void {
  if (failures % 20 !== 0) return;
  if (refusals.includes(reason)) log.error("the broker refuses our name, password or subscription", { reason });
  else log.warn("the broker cannot be reached", { reason });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
