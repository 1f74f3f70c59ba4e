import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectRaw, hello } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;

beforeEach(async () => {
  till = await startTestServer();
});

afterEach(() => till.stop());

describe("hello", () => {
  test("with a token is answered with who the till is", async () => {
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { ...hello, token: await till.token() });
    expect(answer.result).toEqual({
      protocol: 1,
      daemon: { name: "tillbridge", version: "0.1.0" },
      till: expect.objectContaining({ tillId: "kassa-1" }),
      seq: 0,
      recovery: { open: 0 },
      capabilities: [],
      rights: ["read", "sell", "refund", "settings"],
    });
  });

  test("and the first call may be sent together", async () => {
    const client = await connectRaw(till.port);
    client.send({ jsonrpc: "2.0", id: "a", method: "session.hello", params: { ...hello, token: await till.token() } });
    client.send({ jsonrpc: "2.0", id: "b", method: "till.get" });
    expect((await client.answer("b")).result).toMatchObject({ tillId: "kassa-1" });
  });

  test.each([
    ["no token", undefined],
    ["a made-up token", "A".repeat(43)],
    ["an empty token", ""],
  ])("with %s is UNAUTHENTICATED and closes with 4401", async (_, token) => {
    await till.token();
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { ...hello, ...(token !== undefined && { token }) });
    expect(answer.error).toMatchObject({ code: 1028, data: { code: "UNAUTHENTICATED", retry: "never" } });
    expect(await client.closed()).toBe(4401);
  });

  test("with a token that was added a moment ago is good", async () => {
    const client = await connectRaw(till.port);
    const token = await till.token("just now");
    expect((await client.call("session.hello", { ...hello, token })).result).toBeDefined();
  });

  test.each([
    ["another listed origin", "https://pos.example.com", "https://other.example.com", 4401],
    ["a program", "https://pos.example.com", undefined, 4401],
    ["its own origin", "https://pos.example.com", "https://pos.example.com", undefined],
    ["a page when it is for programs", "none", "https://pos.example.com", 4401],
    ["a program when it is for programs", "none", undefined, undefined],
  ])("with a token that is bound to an origin, from %s", async (_, bound, origin, closeCode) => {
    const two = await startTestServer({ origins: [posOrigin, "https://other.example.com"] });
    const client = await connectRaw(two.port, { ...(origin && { origin }) });
    const answer = await client.call("session.hello", { ...hello, token: await two.token("POS", bound) });
    if (closeCode === undefined) expect(answer.result).toBeDefined();
    else expect(await client.closed()).toBe(closeCode);
    await two.stop();
  });

  test.each([
    [{ min: 2, max: 9 }, "PROTOCOL_MISMATCH"],
    [{ min: 1, max: 9 }, undefined],
  ])("that offers the versions %j", async (protocol, code) => {
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { ...hello, protocol, token: await till.token() });
    if (code === undefined) expect(answer.result).toMatchObject({ protocol: 1 });
    else expect(answer.error?.data).toMatchObject({ code, supported: { min: 1, max: 1 } });
  });

  test("said twice is an error, and the session goes on", async () => {
    const client = await till.ready();
    expect((await client.call("session.hello", hello)).error?.code).toBe(-32600);
    expect((await client.call("till.get")).result).toBeDefined();
  });

  test("that is not said closes with 4408 after three seconds, not before", async () => {
    const client = await connectRaw(till.port);
    await till.world.pass(2_999);
    expect(till.server.counts().unauthenticated).toBe(1);
    await till.world.pass(1);
    expect(await client.closed()).toBe(4408);
  });

  test("in time leaves the session open", async () => {
    const client = await till.ready();
    await till.world.pass(10_000);
    expect((await client.call("till.get")).result).toBeDefined();
  });

  test("with a wrong parameter says which, and closes with 4401", async () => {
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { client: hello.client });
    expect(answer.error).toMatchObject({ code: -32602, data: { field: "protocol" } });
    expect(await client.closed()).toBe(4401);
  });
});

describe("before hello", () => {
  test.each(["till.get", "payment.list", "rpc.discover", "health.get", "events.replay"])(
    "%s is UNAUTHENTICATED",
    async (method) => {
      const client = await connectRaw(till.port);
      const answer = await client.call(method, method === "events.replay" ? { afterSeq: 0 } : {});
      expect(answer.error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
      expect(await client.closed()).toBe(4401);
    },
  );

  test("nothing that happens at the till is heard", async () => {
    const client = await connectRaw(till.port);
    till.events.publish({ event: "checkIn.received", params: { waiting: true, others: 0 } });
    await till.world.pass(3_000);
    await client.closed();
    expect(client.frames).toEqual([]);
  });

  test("a frame that is not JSON closes with 4401", async () => {
    const client = await connectRaw(till.port);
    client.send("hello?");
    expect(await client.closed()).toBe(4401);
    expect(client.frames[0]?.error?.code).toBe(-32700);
  });
});

describe("a token", () => {
  test("that is revoked closes its open sockets and no others", async () => {
    const kept = await till.ready();
    const gone = await till.ready({ token: await till.token("Old till") });
    expect((await till.command("revoke", "Old till")).exitCode).toBe(0);
    expect(await gone.closed()).toBe(4401);
    expect((await kept.call("till.get")).result).toBeDefined();
  });

  test("that was revoked is refused", async () => {
    const token = await till.token("Old till");
    await till.command("revoke", "Old till");
    const client = await connectRaw(till.port);
    expect((await client.call("session.hello", { ...hello, token })).error?.data).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  test("is good after a restart", async () => {
    const token = await till.token();
    till = await till.restart();
    expect((await (await till.ready({ token })).call("till.get")).result).toBeDefined();
  });

  test.each([-365, -1, 1, 365])("is good when the clock is put off by %s days", async (days) => {
    const token = await till.token();
    till.world.wallOffMs += days * 86_400_000;
    expect((await (await till.ready({ token })).call("till.get")).result).toBeDefined();
  });
});

describe("a stop", () => {
  test("closes every session with 1001", async () => {
    const ready = await till.ready();
    const stranger = await connectRaw(till.port);
    await till.server.close();
    expect([await ready.closed(), await stranger.closed()]).toEqual([1001, 1001]);
  });
});
