import type { ReconnectingMqtt } from "../reconnecting-mqtt.ts";
import type { Incoming } from "../mqtt-connection.ts";
import type { CheckInOutcome, DatedCheckInNotice } from "../receiver.ts";
import { answerMessage, checkInMessage, type Topics } from "../topics.ts";
import type { World } from "../../world.ts";
import { withDeadline } from "../../deadline.ts";

export interface TillRequestPorts {
  readonly publish: ReconnectingMqtt["publish"];
  readonly topics: Topics;
  /** Where this relay's answers come. */
  readonly answerTopic: string;
  readonly world: World;
}

/** Hands check-ins to tills and waits for their answers. All that it keeps is who is being waited for. */
export interface TillRequests {
  /** Never rejects. `unavailable` within three seconds when no till answers, and at once when none listens. */
  send(checkIn: DatedCheckInNotice): Promise<CheckInOutcome>;
  /** A till has answered. */
  onAnswer(message: Incoming): void;
  /** The broker is gone, and answers with it. */
  onDisconnect(): void;
}

/** The customer looks at the phone, and MobilePay sends the webhook again in a moment. */
export const answerMsMax = 2_500;
/** A token is good for so long at MobilePay. */
const tokenSeconds = 15 * 60;
/** As many as the webhook server takes on at once. */
const waitingMax = 1_000;

export function createTillRequests({ publish, topics, answerTopic, world }: TillRequestPorts): TillRequests {
  const waiting = new Map<string, (outcome: CheckInOutcome) => void>();

  /** Publishes the message and, unless it has no subscriber, waits for the answer. */
  async function ask(
    correlation: string,
    checkIn: DatedCheckInNotice,
    answered: Promise<CheckInOutcome>,
  ): Promise<CheckInOutcome> {
    try {
      const sent = await publish({
        topic: topics.checkIns(checkIn.msn, checkIn.merchantQrId),
        payload: checkInMessage.write(checkIn),
        expirySeconds: secondsLeft(checkIn),
        responseTopic: answerTopic,
        correlation: Buffer.from(correlation),
      });
      return sent === "noSubscribers" ? "unavailable" : await answered;
    } catch {
      return "unavailable";
    }
  }

  async function send(checkIn: DatedCheckInNotice): Promise<CheckInOutcome> {
    if (secondsLeft(checkIn) < 1) return "stale";
    if (waiting.size >= waitingMax) return "unavailable";
    const correlation = world.uuid();
    const { promise, resolve } = Promise.withResolvers<CheckInOutcome>();
    waiting.set(correlation, resolve);
    try {
      return await withDeadline(world, answerMsMax, ask(correlation, checkIn, promise), () => "unavailable");
    } finally {
      waiting.delete(correlation);
    }
  }

  return {
    send,
    onAnswer({ payload, correlation }) {
      const outcome = answerMessage.read(payload);
      if (outcome && correlation) waiting.get(Buffer.from(correlation).toString())?.(outcome);
    },
    onDisconnect() {
      for (const resolve of waiting.values()) resolve("unavailable");
    },
  };
}

/** Both times are MobilePay's: no clock of ours plays a part. */
function secondsLeft({ initiatedAt, sentAt }: DatedCheckInNotice): number {
  const ageSeconds = Math.max(0, Date.parse(sentAt) - Date.parse(initiatedAt)) / 1000;
  return Math.floor(tokenSeconds - ageSeconds);
}
