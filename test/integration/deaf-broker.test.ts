import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createReconnectingMqtt, type ReconnectingMqtt } from "../../daemon/check-in/reconnecting-mqtt.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { realWorld, type World } from "../../daemon/world.ts";

/** So many seconds of the till pass in one of the test's. */
const faster = 20;
const real = realWorld();
const world: World = {
  ...real,
  monotonicMs: () => real.monotonicMs() * faster,
  sleep: (ms, signal) => real.sleep(ms / faster, signal),
};

/** What a broker answers a packet with, by the packet's kind (MQTT 5, 2.1.2). Nothing: it only ever acknowledges in TCP. */
type Answers = (kind: number, packet: Buffer, nth: number) => Buffer | "hangUp" | undefined;

const [connect, publish, subscribe, ping] = [1, 3, 8, 12];
const connack = Buffer.from("2003000000", "hex");
const pong = Buffer.from("d000", "hex");
/** One reason code for the one subscription. */
const suback = (packet: Buffer) => Buffer.concat([Buffer.from([0x90, 4]), packet.subarray(2, 4), Buffer.from([0, 1])]);
const puback = (id: Buffer) => Buffer.concat([Buffer.from([0x40, 2]), id]);

/** Of a PUBLISH: behind its topic, which has two bytes of length. */
function packetId(packet: Buffer): Buffer {
  const at = 4 + packet.readUInt16BE(2);
  return packet.subarray(at, at + 2);
}

const ways: readonly (readonly [string, Answers])[] = [
  ["nothing at all", () => undefined],
  ["pings only", (kind) => (kind === ping ? pong : undefined)],
  ["all but the subscription", (kind) => (kind === connect ? connack : kind === ping ? pong : undefined)],
  [
    "all but what is published",
    (kind, packet) =>
      kind === connect ? connack : kind === subscribe ? suback(packet) : kind === ping ? pong : undefined,
  ],
  [
    "what is published with another number",
    (kind, packet) =>
      kind === connect
        ? connack
        : kind === subscribe
          ? suback(packet)
          : kind === publish
            ? puback(Buffer.from([0x7f, 0x7f]))
            : pong,
  ],
  [
    "all at first, and then pings only",
    (kind, packet, nth) =>
      kind === ping
        ? pong
        : nth > 3
          ? undefined
          : kind === connect
            ? connack
            : kind === subscribe
              ? suback(packet)
              : puback(packetId(packet)),
  ],
  ["by hanging up", () => "hangUp"],
  ["with a refusal", (kind) => (kind === connect ? Buffer.from("2003008700", "hex") : undefined)],
  ["with noise", () => Buffer.alloc(500, 0xff)],
];

const toEnd: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).toReversed()) await end();
});

/** A broker on a port of its own. `connectedMs`: when a till has come, by the till's clock. */
async function broker(answers: Answers): Promise<{ readonly url: string; readonly connectedMs: number[] }> {
  const connectedMs: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connectedMs.push(world.monotonicMs());
    sockets.add(socket);
    socket.on("error", () => undefined);
    let heard = 0;
    socket.on("data", (bytes) => {
      for (const packet of packetsIn(bytes)) {
        heard += 1;
        const answer = answers((packet[0] ?? 0) >> 4, packet, heard);
        if (answer === "hangUp") socket.destroy();
        else if (answer) socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  toEnd.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, connectedMs };
}

/** Packets of less than 128 bytes have their length in one. */
function packetsIn(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    packets.push(bytes.subarray(at, end));
    at = end;
  }
  return packets;
}

function link(url: string): ReconnectingMqtt {
  const opened = createReconnectingMqtt({
    broker: { url, username: "till", password: "secret" },
    clientId: "till-1",
    subscriptions: () => ["check-ins"],
    birthMessage: () => ({ topic: "presence", payload: "online", retain: true }),
    lastMessage: () => ({ topic: "presence", payload: "offline", retain: true }),
    onMessage: () => undefined,
    world,
    log: silentLogger,
  });
  toEnd.push(() => opened.close());
  return opened;
}

describe.each(ways)("a broker that answers %s", (_, answers) => {
  test("is given up and tried anew within 15 seconds", async () => {
    const { url, connectedMs } = await broker(answers);
    link(url);
    while (connectedMs.length < 2) await real.sleep(5);
    const [first = 0, second = 0] = connectedMs;
    expect(second - first).toBeLessThan(15_000 + 1000);
  });

  test("keeps nobody from ending, whenever that is", async () => {
    for (const afterMs of [0, 1000, 9000]) {
      const { url } = await broker(answers);
      const opened = link(url);
      await world.sleep(afterMs);
      const startedMs = world.monotonicMs();
      await opened.close();
      expect(world.monotonicMs() - startedMs).toBeLessThan(8000);
    }
  });
});
