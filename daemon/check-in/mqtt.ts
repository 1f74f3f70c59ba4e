import type { Logger } from "../log/logger.ts";
import type { World } from "../world.ts";
import { createReconnectingMqtt, type ReconnectingMqtt } from "./reconnecting-mqtt.ts";
import type { Broker, Incoming } from "./mqtt-connection.ts";
import type { CheckInOutcome } from "./receiver.ts";
import { checkInHandler, type TillPorts } from "./till-ports.ts";
import { answerMessage, checkInMessage, paymentMessage, presenceMessage, type Topics, topicsBelow } from "./topics.ts";

export interface TillLinkOptions extends TillPorts {
  readonly broker: Broker;
  readonly topicPrefix: string;
  readonly merchantSerialNumber: string;
  readonly tillId: string;
  /** What the references of this till's payments begin with. */
  readonly referencePrefix: string;
  readonly tagId: () => string | undefined;
  readonly version: string;
  readonly world: World;
  readonly log: Logger;
}

/** Check-ins that a till works on at once; more are not a shop's. */
const underWayMax = 20;
/** By then, a relay without an answer has answered MobilePay that the till is unavailable. */
const answerSecondsMax = 10;

/** A till's connection to the broker. */
export interface TillLink {
  state(): "connecting" | "ready";
  /** The till may have another tag now. */
  tillChanged(): void;
  close(): Promise<void>;
}

/** Keeps this till connected to the broker, through which a relay hands it its customers' check-ins. */
export function startTillLink(options: TillLinkOptions): TillLink {
  const { merchantSerialNumber, tillId, tagId, referencePrefix, version, world } = options;
  const topics = topicsBelow(options.topicPrefix);
  const presence = topics.presence(merchantSerialNumber, tillId);
  const offline = { topic: presence, payload: presenceMessage.offline(tillId), retain: true };
  let subscribedTag: string | undefined;
  const link: ReconnectingMqtt = createReconnectingMqtt({
    broker: options.broker,
    clientId: `tillbridge-${merchantSerialNumber}-${tillId}`,
    subscriptions() {
      subscribedTag = tagId();
      return subscriptionsOf(topics, merchantSerialNumber, subscribedTag, referencePrefix);
    },
    will: offline,
    birthMessage: () => ({
      topic: presence,
      payload: presenceMessage.online({
        tillId,
        version,
        since: new Date(world.now()).toISOString(),
        ...(subscribedTag !== undefined && { tagId: subscribedTag }),
      }),
      retain: true,
    }),
    lastMessage: () => offline,
    onMessage: messageHandler(options, topics, (topic, outcome, correlation) =>
      link.publish({
        topic,
        payload: answerMessage.write(outcome),
        expirySeconds: answerSecondsMax,
        ...(correlation && { correlation }),
      }),
    ),
    world,
    log: options.log,
  });
  return {
    state: () => link.state(),
    tillChanged() {
      if (tagId() !== subscribedTag) link.resubscribe();
    },
    close: () => link.close(),
  };
}

function subscriptionsOf(topics: Topics, msn: string, tagId: string | undefined, referencePrefix: string): string[] {
  const checkIns = tagId === undefined ? [] : [topics.checkIns(msn, tagId)];
  return [...checkIns, topics.payments(msn, referencePrefix)];
}

type RespondToRelay = (topic: string, outcome: CheckInOutcome, correlation: Uint8Array | undefined) => Promise<unknown>;

function messageHandler(
  options: TillLinkOptions,
  topics: Topics,
  respond: RespondToRelay,
): (message: Incoming) => void {
  const { merchantSerialNumber, referencePrefix, requery, log } = options;
  const handleCheckIn = checkInHandler(options);
  const aboutPayments = topics.payments(merchantSerialNumber, referencePrefix);
  let underWay = 0;

  async function handle({ payload, responseTopic, correlation }: Incoming): Promise<void> {
    const checkIn = checkInMessage.read(payload);
    if (!checkIn || responseTopic === undefined) return log.warn("a message of the relay's cannot be read");
    const outcome = underWay > underWayMax ? "unavailable" : await handleCheckIn(checkIn);
    await respond(responseTopic, outcome, correlation);
  }

  return (message) => {
    const reference = message.topic === aboutPayments ? paymentMessage.read(message.payload) : undefined;
    if (message.topic === aboutPayments) return reference === undefined ? undefined : requery(reference);
    underWay += 1;
    void handle(message)
      // The relay gets no answer, and MobilePay sends the webhook again.
      .catch((error: unknown) => log.warn("a check-in could not be answered", { error }))
      .finally(() => {
        underWay -= 1;
      });
  };
}
