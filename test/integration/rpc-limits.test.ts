import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connectRaw, exchange, hello, type RawClient, statusOf, upgradeHead } from "../support/rpc-client.ts";
import { type Overrides, startTestServer, type TestServer } from "../support/rpc-server.ts";
import { until } from "../support/until.ts";

const running: TestServer[] = [];
const open: Socket[] = [];

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((it) => it.stop()));
});

async function start(overrides: Overrides = {}): Promise<TestServer> {
  const till = await startTestServer(overrides);
  running.push(till);
  return till;
}

describe("a frame", () => {
  test("over 64 KiB closes with 1009", async () => {
    const till = await start();
    const client = await till.ready();
    client.send(" ".repeat(64 * 1024 + 1));
    expect(await client.closed()).toBe(1009);
  });

  test("of exactly 64 KiB is read", async () => {
    const client = await (await start()).ready();
    const call = '{"jsonrpc":"2.0","id":"big","method":"till.get"}';
    client.send(call.padEnd(64 * 1024));
    expect((await client.answer("big")).result).toBeDefined();
  });

  test("that says it is 99 MB long is refused by its head, before hello too", async () => {
    const client = await connectRaw((await start()).port);
    client.socket.send("x".repeat(99_000_000));
    expect(await client.closed()).toBe(1009);
  });

  test("in endless fragments closes before they fill the memory", async () => {
    const client = await (await start()).ready();
    client.socket.send("{", { fin: false });
    for (let count = 0; count < 100; count += 1) client.socket.send(" ", { fin: false });
    expect(await client.closed()).toBe(1008);
  });

  test("in a few fragments is read", async () => {
    const client = await (await start()).ready();
    client.socket.send('{"jsonrpc":"2.0","id":"cut",', { fin: false });
    client.socket.send('"method":"till.get"}', { fin: true });
    expect((await client.answer("cut")).result).toBeDefined();
  });
});

describe("a session", () => {
  test("that sends too many messages is closed with 4429, and the others go on", async () => {
    const till = await start({ limits: { messagesBurst: 50, messagesPerSecond: 10 } });
    const [flood, calm] = [await till.ready(), await till.ready()];
    for (let id = 0; id < 60; id += 1) flood.send({ jsonrpc: "2.0", id, method: "till.get" });
    expect(await flood.closed()).toBe(4429);
    expect((await calm.call("till.get")).result).toBeDefined();
  });

  test("may send more as time goes by", async () => {
    const till = await start({ limits: { messagesBurst: 10, messagesPerSecond: 10 } });
    const client = await till.ready();
    for (let second = 0; second < 5; second += 1) {
      for (let count = 0; count < 9; count += 1) await client.call("till.get");
      await till.world.pass(1_000);
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  test("that sends too many pings is closed with 4429", async () => {
    const client = await (await start({ limits: { messagesBurst: 50 } })).ready();
    for (let count = 0; count < 49; count += 1) await pong(client);
    client.socket.ping();
    expect(await client.closed()).toBe(4429);
  });

  test("that floods with pings is cut before the answers fill the memory", async () => {
    const client = await (await start()).ready();
    for (let count = 0; count < 5_000; count += 1) client.socket.ping("x".repeat(125));
    expect(await client.closed()).toBe(1006);
  });

  test("with too many calls in flight gets RATE_LIMITED, and the calls under way are answered", async () => {
    const finish: (() => void)[] = [];
    const slow = () => new Promise<{ devices: [] }>((resolve) => finish.push(() => resolve({ devices: [] })));
    const till = await start({ handlers: { "device.list": slow }, limits: { callsInFlightMax: 3 } });
    const client = await till.ready();
    for (const id of ["a", "b", "c", "d"]) client.send({ jsonrpc: "2.0", id, method: "device.list" });
    expect((await client.answer("d")).error?.data).toMatchObject({ code: "RATE_LIMITED", retry: "same-request" });
    for (const end of finish) end();
    expect((await client.answer("c")).result).toEqual({ devices: [] });
  });

  test("may not use an id again while its call is under way", async () => {
    const finish: (() => void)[] = [];
    const slow = () => new Promise<{ devices: [] }>((resolve) => finish.push(() => resolve({ devices: [] })));
    const client = await (await start({ handlers: { "device.list": slow } })).ready();
    for (let count = 0; count < 2; count += 1) client.send({ jsonrpc: "2.0", id: "a", method: "device.list" });
    expect((await client.answer("a")).error).toMatchObject({ code: -32600, data: { field: "id" } });
    expect(finish).toHaveLength(1);
    finish[0]?.();
  });

  test("tells a handler when its page has gone", async () => {
    let heard: (value: AbortSignal) => void = () => undefined;
    const signal = new Promise<AbortSignal>((resolve) => (heard = resolve));
    const wait = (_: object, session: { signal: AbortSignal }) =>
      new Promise<{ devices: [] }>((resolve) => {
        heard(session.signal);
        session.signal.addEventListener("abort", () => resolve({ devices: [] }));
      });
    const client = await (await start({ handlers: { "device.list": wait } })).ready();
    client.send({ jsonrpc: "2.0", id: 1, method: "device.list" });
    const given = await signal;
    expect(given.aborted).toBe(false);
    client.socket.terminate();
    await aborted(given);
  });

  test("that does not read is closed with 4413, and the others hear everything", async () => {
    const till = await start({ limits: { unreadBytesMax: 100_000, closeMs: 15_000 } });
    const [deaf, keen] = [await till.ready(), await till.ready()];
    deaf.socket.pause();
    const told = await publishUntil(till, keen, () => closingSessions(till) === 1);
    deaf.socket.resume();
    expect(await deaf.closed()).toBe(4413);
    expect(keen.events()).toHaveLength(told);
    expect((await keen.call("till.get")).result).toBeDefined();
  });

  test("that does not read what it missed is not fed on, and is closed when the log has moved on", async () => {
    const till = await start({ limits: { closeMs: 15_000 } });
    const keen = await till.ready();
    await publishSome(till, keen, 1_900);
    const slow = await connectRaw(till.port);
    slow.socket.pause();
    slow.send({
      jsonrpc: "2.0",
      id: 1,
      method: "session.hello",
      params: { ...hello, token: await till.token("Slow"), afterSeq: 0 },
    });
    await until(() => till.server.counts().sessions === 2 && till.server.counts().unauthenticated === 0);
    await publishSome(till, keen, 4_000);
    slow.socket.resume();
    expect(await slow.closed()).toBe(4413);
  });

  test("that answers no ping is cut", async () => {
    const till = await start({ limits: { pingEveryMs: 30_000 } });
    const client = await till.ready();
    client.socket.pause();
    await till.world.pass(60_000);
    client.socket.resume();
    expect(await client.closed()).toBe(1006);
  });

  test("that answers pings stays", async () => {
    const till = await start({ limits: { pingEveryMs: 30_000 } });
    const client = await till.ready();
    for (let count = 0; count < 3; count += 1) {
      const pinged = new Promise((resolve) => client.socket.once("ping", resolve));
      await till.world.pass(30_000);
      await pinged;
      await client.call("till.get");
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });
});

describe("a crowd", () => {
  test("of strangers is kept out, and those inside go on", async () => {
    const till = await start({ limits: { unauthenticatedMax: 2 } });
    const inside = await till.ready();
    for (let count = 0; count < 2; count += 1) await connectRaw(till.port);
    const head = upgradeHead([["Host", `127.0.0.1:${till.port}`]]);
    expect(statusOf(await exchange(till.port, head))).toBe(503);
    expect((await inside.call("till.get")).result).toBeDefined();
    await till.world.pass(3_000);
    await until(() => till.server.counts().unauthenticated === 0);
    expect(await connectRaw(till.port)).toBeDefined();
  });

  test("of sessions is kept to the number that is allowed", async () => {
    const till = await start({ limits: { socketsMax: 2 } });
    for (let count = 0; count < 2; count += 1) await till.ready();
    const head = upgradeHead([["Host", `127.0.0.1:${till.port}`]]);
    expect(statusOf(await exchange(till.port, head))).toBe(503);
  });

  test("of connections that send nothing does not keep a page out for ever", async () => {
    const till = await start({ limits: { headersMs: 100, requestMs: 100, connectionsMax: 20 } });
    for (let count = 0; count < 30; count += 1)
      open.push(connectTcp(till.port, "127.0.0.1").on("error", () => undefined));
    const served = async () =>
      (await exchange(till.port, `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${till.port}\r\n\r\n`)) !== "";
    await until(served);
  });
});

/** Tells events of 10 kB, each heard by `keen` before the next, until `done`. Returns how many. */
async function publishUntil(till: TestServer, keen: RawClient, done: () => boolean): Promise<number> {
  let count = 0;
  while (!done()) {
    await publishSome(till, keen, 1);
    count += 1;
    if (count > 5_000) throw new Error("50 MB fit into the buffers of a client that does not read");
  }
  return count;
}

async function publishSome(till: TestServer, keen: RawClient, howMany: number): Promise<void> {
  const data = "x".repeat(10_000);
  for (let count = 0; count < howMany; count += 1) {
    till.events.publish({ event: "scan.read", params: { deviceId: "scanner-1", data, meaning: "unknown" } });
    const { lastSeq } = till.events;
    if (count % 20 === 19 || count === howMany - 1)
      await keen.until(() => (keen.events().at(-1)?.params?.["seq"] === lastSeq ? true : undefined));
  }
}

async function pong(client: RawClient): Promise<void> {
  const answered = new Promise((resolve) => client.socket.once("pong", resolve));
  client.socket.ping();
  await answered;
}

function closingSessions(till: TestServer): number {
  return till.server.counts().closing;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve())));
}
