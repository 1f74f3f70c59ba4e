import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectRaw, type Frame, hello } from "../support/rpc-client.ts";
import { startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;

beforeEach(async () => {
  till = await startTestServer();
});

afterEach(() => till.stop());

function happen(count: number): void {
  for (let number = 0; number < count; number += 1) {
    till.events.publish({ event: "checkIn.received", params: { waiting: false, others: 0 } });
  }
}

const seqs = (frames: readonly Frame[]) => frames.map((it) => it.params?.["seq"]);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("an event", () => {
  test("carries its number and time, and reaches every session", async () => {
    const clients = [await till.ready(), await till.ready()];
    happen(1);
    for (const client of clients) {
      expect(await client.notification("checkIn.received")).toEqual({
        jsonrpc: "2.0",
        method: "checkIn.received",
        params: {
          waiting: false,
          others: 0,
          seq: 1,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        },
      });
    }
  });

  test("from before hello is not delivered unless asked for", async () => {
    happen(3);
    const client = await till.ready();
    happen(1);
    await client.notification("checkIn.received");
    expect(seqs(client.events())).toEqual([4]);
  });
});

describe("a page that comes back", () => {
  test("gets what it missed, before what is new, each once and in order", async () => {
    happen(500);
    const token = await till.token();
    const client = await connectRaw(till.port);
    client.send({ jsonrpc: "2.0", id: 1, method: "session.hello", params: { ...hello, token, afterSeq: 100 } });
    const answer = await client.answer(1);
    happen(100);
    await client.until(() => (client.events().length >= 500 ? true : undefined));
    expect(answer.result).toMatchObject({ seq: 500 });
    expect(answer.result).not.toHaveProperty("gap");
    expect(client.frames[0]).toBe(answer);
    expect(seqs(client.events())).toEqual(from(101, 600));
  });

  test("gets what happens meanwhile after what it missed, however slowly it reads", async () => {
    const data = "x".repeat(10_000);
    const scan = () => till.events.publish({ event: "scan.read", params: { deviceId: "s", data, meaning: "unknown" } });
    for (let count = 0; count < 1_500; count += 1) scan();
    const client = await connectRaw(till.port);
    client.socket.pause();
    client.send({
      jsonrpc: "2.0",
      id: 1,
      method: "session.hello",
      params: { ...hello, token: await till.token(), afterSeq: 0 },
    });
    while (till.server.counts().unauthenticated > 0) await new Promise((resolve) => setImmediate(resolve));
    scan();
    client.socket.resume();
    await client.until(() => (client.events().length >= 1_501 ? true : undefined));
    expect(seqs(client.events())).toEqual(from(1, 1_501));
  });

  test("that missed nothing gets nothing", async () => {
    happen(5);
    const client = await till.ready({ afterSeq: 5 });
    happen(1);
    await client.notification("checkIn.received");
    expect(seqs(client.events())).toEqual([6]);
  });

  test("after more than is held is told of the gap, and gets what there is", async () => {
    happen(2_100);
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { ...hello, token: await till.token(), afterSeq: 50 });
    await client.until(() => (client.events().length === 2_000 ? true : undefined));
    expect(answer.result).toMatchObject({ gap: true });
    expect(seqs(client.events())).toEqual(from(101, 2_100));
  });

  test.each([
    ["that had heard all is told of no gap", 3, undefined],
    ["that had missed something is told of a gap", 2, true],
    ["with a number from another till is told of a gap", 99, true],
  ])("after a restart, %s", async (_, afterSeq, gap) => {
    happen(3);
    till = await till.restart();
    const client = await connectRaw(till.port);
    const answer = await client.call("session.hello", { ...hello, token: await till.token("new"), afterSeq });
    expect(answer.result?.["gap"]).toBe(gap);
    happen(1);
    await client.notification("checkIn.received");
    expect(seqs(client.events())).toEqual([4]);
  });
});

describe("events.replay", () => {
  test("answers with as many as are asked for", async () => {
    happen(10);
    const client = await till.ready();
    const { result } = await client.call("events.replay", { afterSeq: 4, limit: 3 });
    expect(result).toMatchObject({ gap: false });
    expect((result!["events"] as Frame[]).map((it) => it.params?.["seq"])).toEqual([5, 6, 7]);
    expect((result!["events"] as object[])[0]).toMatchObject({
      event: "checkIn.received",
      params: { waiting: false, others: 0 },
    });
  });
});
