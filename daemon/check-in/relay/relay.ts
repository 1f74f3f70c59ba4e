import { createReconnectingMqtt } from "../reconnecting-mqtt.ts";
import type { Broker } from "../mqtt-connection.ts";
import { createReceiver, type WebhookRegistration } from "../receiver.ts";
import { paymentMessage, referencePrefixOf, topicsBelow } from "../topics.ts";
import { startWebhookServer } from "../webhook-server.ts";
import type { Logger } from "../../log/logger.ts";
import type { World } from "../../world.ts";
import { createTillRequests } from "./till-requests.ts";

export interface RelayOptions {
  readonly listen: { readonly address: string; readonly port: number; readonly tls?: { cert: string; key: string } };
  readonly broker: Broker;
  readonly topicPrefix: string;
  readonly registrations: readonly WebhookRegistration[];
  readonly world: World;
  readonly log: Logger;
}

export interface Relay {
  readonly port: number;
  /** Answers what is under way, within reason, and ends. */
  close(): Promise<void>;
}

/** After so long the till has asked about the payment by itself. */
const requerySecondsMax = 60;

/**
 * Receives the webhooks of many sales units and hands each to its till through the broker. It keeps nothing: any number of relays can
 * stand side by side, and one that dies takes nothing with it. Throws `WebhookListenError`.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { listen, broker, registrations, world, log } = options;
  const relayId = world.uuid();
  const topics = topicsBelow(options.topicPrefix);
  const answerTopic = topics.answers(relayId);
  const link = createReconnectingMqtt({
    broker,
    clientId: `tillbridge-relay-${relayId}`,
    subscriptions: () => [answerTopic],
    onMessage: (message) => tillRequests.onAnswer(message),
    onLost: () => tillRequests.onDisconnect(),
    world,
    log: log.child("broker"),
  });
  const tillRequests = createTillRequests({ publish: (message) => link.publish(message), topics, answerTopic, world });
  const receiver = createReceiver({
    registrations,
    nowMs: () => world.now(),
    acceptCheckIn: (checkIn) => tillRequests.send(checkIn),
    requery(msn, reference) {
      const topic = topics.payments(msn, referencePrefixOf(reference));
      const requerying = link.publish({
        topic,
        payload: paymentMessage.write(reference),
        expirySeconds: requerySecondsMax,
      });
      // The till asks by itself, only a little later.
      requerying.catch(() => undefined);
    },
    world,
    log: log.child("webhooks"),
  });
  const health = () => ({ status: link.state() === "ready" ? ("ok" as const) : ("degraded" as const) });
  try {
    const server = await startWebhookServer({ listen, receiver, health, world, log: log.child("webhooks") });
    return {
      port: server.port,
      async close() {
        await server.close();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}
