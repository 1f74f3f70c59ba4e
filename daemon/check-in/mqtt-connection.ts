import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import type { World } from "../world.ts";
import { withDeadline } from "../deadline.ts";

/** The broker, and who we are there. `ca`: PEM; without it the public authorities are trusted. */
export interface Broker {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly ca?: string;
}

/** `expirySeconds`: a broker forgets the message when it could not be delivered for so long. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
  readonly expirySeconds?: number;
  readonly responseTopic?: string;
  readonly correlation?: Uint8Array;
}

export interface Incoming {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly responseTopic?: string;
  readonly correlation?: Uint8Array;
}

export interface MqttConnectionOptions {
  readonly broker: Broker;
  /** A client that connects with the same id takes the connection over. */
  readonly clientId: string;
  readonly subscriptions: readonly string[];
  /** What the broker publishes, retained, when the connection is lost. */
  readonly will?: Pick<Outgoing, "topic" | "payload">;
  readonly onMessage: (message: Incoming) => void;
  readonly world: World;
  /** Nobody wants the connection any more: opening it ends at once. */
  readonly signal?: AbortSignal;
}

/** One connection, ready for use. It is never mended: when it has ended, open another. */
export interface MqttConnection {
  /** Why it ended: a word for the log. */
  readonly ended: Promise<string>;
  /**
   * At least once. `noSubscribers`: the broker has it, and no client subscribes to it. Rejects when the connection ends first; a broker
   * that does not acknowledge in time ends it, also when it still answers pings.
   */
  publish(message: Outgoing): Promise<"sent" | "noSubscribers">;
  /** Says goodbye, so that the will is not published. */
  close(): Promise<void>;
}

/** The connection cannot be had. `reason`: a word for the log. */
export class NoMqttConnection extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`no connection to the broker: ${reason}`);
    this.name = "NoMqttConnection";
    this.reason = reason;
  }
}

/** The reason when `signal` aborted first. */
export const leftByUs = "LEFT";
/** TCP, TLS and the broker's word on a slow line. */
const openMsMax = 10_000;
/** A message and its acknowledgement on a slow line. */
const acknowledgeMsMax = 4_000;
/** So often a broker is asked for an acknowledgement when there is nothing to say: one may answer pings, and be deaf else. */
const askEveryMs = 8_000;
/** A topic that nobody subscribes to: to take back a subscription to it changes nothing, and is acknowledged. */
const unusedTopic = "tillbridge/unused";
/** Being polite to the broker must not keep the till from ending. */
const disconnectMsMax = 1_000;
/** A dead line shows after one and a half of these (MQTT 5, 3.1.2.10), within the life of a check-in. */
const keepAliveSeconds = 20;
/** A check-in has about 500 bytes; more is not ours. */
const packetBytesMax = 65_536;
/** MQTT 5: a PUBACK may say that there are no matching subscribers. */
const noMatchingSubscribers = 16;

/** Connects with MQTT 5, logs in and subscribes. Rejects with `NoMqttConnection`. */
export async function openMqttConnection(options: MqttConnectionOptions): Promise<MqttConnection> {
  const { default: mqtt } = await import("mqtt");
  const { world, subscriptions, onMessage, signal } = options;
  const socket = streamTo(options.broker);
  const client = new mqtt.MqttClient(() => socket, clientOptions(options));
  const ended = endOf(client);
  client.on("message", (_topic, _payload, packet) => onMessage(incoming(packet)));
  try {
    const opened = connected(client).then(() => subscribed(client, subscriptions));
    await withDeadline(world, openMsMax, Promise.race([opened, ended.then(fail), left(signal).then(fail)]), () =>
      fail("DEADLINE"),
    );
  } catch (error) {
    client.end(true);
    throw error instanceof NoMqttConnection ? error : new NoMqttConnection(reasonOf(error));
  }
  void ended.then(() => {
    // What waits for the broker's word will not get it any more.
    client.end(true);
    socket.destroy();
  });
  void askNowAndThen(client, ended, world);
  return { ended, publish: publisherFor(client, world), close: () => close(client, socket, ended, world) };
}

function clientOptions({ broker, clientId, will }: MqttConnectionOptions): IClientOptions {
  return {
    protocolVersion: 5,
    clientId,
    username: broker.username,
    password: broker.password,
    clean: true,
    keepalive: keepAliveSeconds,
    connectTimeout: openMsMax,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    properties: { sessionExpiryInterval: 0, maximumPacketSize: packetBytesMax },
    // Its own would print what travels when the environment asks for it.
    log: () => undefined,
    ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  };
}

/** Of our own making: the package's would obey the environment's proxies. */
function streamTo({ url, ca }: Broker): Socket {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket =
    protocol === "mqtts:"
      ? connectTls({
          host,
          port: Number(port || 8883),
          minVersion: "TLSv1.2",
          rejectUnauthorized: true,
          ...(isIP(host) === 0 && { servername: host }),
          ...(ca !== undefined && { ca }),
        })
      : connectTcp({ host, port: Number(port || 1883) });
  return socket.setNoDelay(true);
}

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once("connect", () => resolve()));
}

/** Resolves with why, as soon as the connection is of no use any more. */
function endOf(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    client.on("error", (error) => resolve(reasonOf(error)));
    client.on("disconnect", (packet) => resolve(`REASON_${packet.reasonCode ?? 0}`));
    client.on("close", () => resolve("CLOSED"));
  });
}

async function subscribed(client: MqttClient, topics: readonly string[]): Promise<void> {
  if (topics.length > 0) await client.subscribeAsync([...topics], { qos: 1 });
}

function left(signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(leftByUs);
    else signal?.addEventListener("abort", () => resolve(leftByUs), { once: true });
  });
}

/** Ends the connection when the broker does not acknowledge. */
async function askNowAndThen(client: MqttClient, ended: Promise<string>, world: World): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  for (;;) {
    await world.sleep(askEveryMs, over.signal);
    if (over.signal.aborted || client.disconnecting) return;
    const acknowledged = client.unsubscribeAsync(unusedTopic).catch(() => undefined);
    await withDeadline(world, acknowledgeMsMax, acknowledged, () => client.end(true));
  }
}

function fail(reason: string): never {
  throw new NoMqttConnection(reason);
}

function publisherFor(client: MqttClient, world: World): MqttConnection["publish"] {
  const undelivered = new Set<number>();
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "puback" && packet.reasonCode === noMatchingSubscribers && packet.messageId !== undefined)
      undelivered.add(packet.messageId);
  });
  return ({ topic, payload, retain = false, expirySeconds, responseTopic, correlation }) => {
    const properties = {
      ...(expirySeconds !== undefined && { messageExpiryInterval: expirySeconds }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlation && { correlationData: Buffer.from(correlation) }),
    };
    const acknowledged = new Promise<"sent" | "noSubscribers">((resolve, reject) => {
      client.publish(topic, payload, { qos: 1, retain, properties }, (error, packet) => {
        if (error) reject(new NoMqttConnection(reasonOf(error)));
        else resolve(undelivered.delete(packet?.messageId ?? -1) ? "noSubscribers" : "sent");
      });
    });
    return withDeadline(world, acknowledgeMsMax, acknowledged, () => {
      client.end(true);
      return fail("NOT_ACKNOWLEDGED");
    });
  };
}

async function close(client: MqttClient, socket: Socket, ended: Promise<string>, world: World): Promise<void> {
  client.end();
  await withDeadline(world, disconnectMsMax, ended, () => undefined);
  client.end(true);
  // When it was asked to end politely, and the broker is deaf, the client keeps its line.
  socket.destroy();
}

function incoming({ topic, payload, properties }: IPublishPacket): Incoming {
  return {
    topic,
    payload: Buffer.from(payload),
    ...(properties?.responseTopic !== undefined && { responseTopic: properties.responseTopic }),
    ...(properties?.correlationData && { correlation: properties.correlationData }),
  };
}

/** A code and nothing else: messages may quote what we sent. */
function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "number") return `REASON_${code}`;
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "UNEXPECTED";
}
