import type { Logger } from "../log/logger.ts";
import {
  leftByUs,
  NoMqttConnection,
  openMqttConnection,
  type Outgoing,
  type MqttConnection,
  type MqttConnectionOptions,
} from "./mqtt-connection.ts";

export interface ReconnectingMqttOptions extends Omit<MqttConnectionOptions, "subscriptions"> {
  /** Asked at every connection. */
  readonly subscriptions: () => readonly string[];
  /** What is said first on every connection. */
  readonly birthMessage?: () => Outgoing;
  /** What is said last when we leave by ourselves. */
  readonly lastMessage?: () => Outgoing;
  readonly onLost?: () => void;
  readonly log: Logger;
}

/** A connection to the broker that comes back by itself, for ever. */
export interface ReconnectingMqtt {
  state(): "connecting" | "ready";
  /** As of a session. Rejects with `NoMqttConnection` at once while there is no connection: nothing is kept for later. */
  publish(message: Outgoing): Promise<"sent" | "noSubscribers">;
  /** Subscribes anew: what `subscriptions` returns has changed. */
  resubscribe(): void;
  close(): Promise<void>;
}

/** A till that lost its broker comes back within a second at first; with a whole chain trying, soon within a minute. */
const firstWaitMs = 1_000;
/** A broker that comes back is found within a minute by every till of a chain, and never by all in one second. */
const waitMsMax = 60_000;
/** A connection that ends sooner counts as a failure: two tills with the same name throw each other out like that. */
const goodAfterMs = 10_000;

export function createReconnectingMqtt(options: ReconnectingMqttOptions): ReconnectingMqtt {
  const stopped = new AbortController();
  let connection: MqttConnection | undefined;
  let renewed = new AbortController();

  /** One connection, from beginning to end. */
  async function connectOnce(): Promise<Ending> {
    const { world, log, birthMessage, lastMessage, onLost } = options;
    renewed = new AbortController();
    const leave = AbortSignal.any([stopped.signal, renewed.signal]);
    const opened = await openMqttConnection({ ...options, subscriptions: options.subscriptions(), signal: leave });
    const startedMs = world.monotonicMs();
    try {
      if (birthMessage) await opened.publish(birthMessage());
      connection = opened;
      log.info("connected to the broker");
      const reason = await Promise.race([opened.ended, aborted(leave)]);
      if (reason !== undefined) log.warn("the connection to the broker was lost", { reason });
      else if (lastMessage) await opened.publish(lastMessage()).catch(() => undefined);
    } finally {
      connection = undefined;
      onLost?.();
      await opened.close();
    }
    if (leave.aborted) return "left";
    return world.monotonicMs() - startedMs >= goodAfterMs ? "lost" : "lostAtOnce";
  }

  const running = keepTrying(options, connectOnce, stopped.signal);
  return {
    state: () => (connection ? "ready" : "connecting"),
    publish: (message) => connection?.publish(message) ?? Promise.reject(new NoMqttConnection("NOT_CONNECTED")),
    resubscribe: () => renewed.abort(),
    async close() {
      stopped.abort();
      await running;
    },
  };
}

/** `left`: by ourselves. `lostAtOnce`: a connection that was not worth having. */
type Ending = "left" | "lost" | "lostAtOnce";

async function keepTrying(
  { world, log }: ReconnectingMqttOptions,
  connectOnce: () => Promise<Ending>,
  stopped: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    try {
      const ending = await connectOnce();
      failures = ending === "lostAtOnce" ? failures + 1 : 0;
      if (ending === "left") continue;
    } catch (error) {
      if (!(error instanceof NoMqttConnection)) throw error;
      // Left while it was opened: by ourselves.
      if (error.reason === leftByUs) continue;
      logFailure(log, error.reason, failures);
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
function logFailure(log: Logger, reason: string, failures: number): void {
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
