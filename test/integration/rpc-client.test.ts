import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import {
  type BridgeClient,
  type ClientOptions,
  type ClientState,
  connect,
  requestAccess,
  type StampedEvent,
} from "../../daemon/protocol/client.ts";
import { type Overrides, startTestServer, till as tillView, type TestServer } from "../support/rpc-server.ts";

const endings: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function start(overrides: Overrides = {}): Promise<TestServer> {
  const till = await startTestServer(overrides);
  endings.push(() => till.stop());
  return till;
}

/** A client, and everything it has told its page. */
class Page {
  readonly states: ClientState[] = [];
  readonly events: StampedEvent[] = [];
  readonly client: BridgeClient;
  readonly #waiting = new Set<() => void>();

  constructor(port: number, token: string, options: Partial<ClientOptions> = {}) {
    this.client = connect({
      url: `ws://127.0.0.1:${port}/v1`,
      token,
      client: { name: "test page", version: "1" },
      onState: (state) => this.#keep(this.states, state),
      onEvent: (event) => this.#keep(this.events, event),
      ...options,
    });
    endings.push(() => this.client.close());
  }

  get seqs(): number[] {
    return this.events.map((it) => it.params.seq);
  }

  async state(name: ClientState["name"], times = 1): Promise<ClientState> {
    return this.until(() => this.states.filter((it) => it.name === name)[times - 1]);
  }

  async until<Found>(look: () => Found | undefined): Promise<Found> {
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #keep<Item>(list: Item[], item: Item): void {
    list.push(item);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

async function freePort(): Promise<number> {
  const till = await startTestServer();
  await till.stop();
  return till.port;
}

/** Something that answers every message in its own way. Returns its port. */
async function daemonThat(answers: (socket: WebSocket) => void): Promise<number> {
  const other = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(other, "listening");
  endings.push(() => other.close());
  other.on("connection", (socket) => socket.on("message", () => answers(socket)));
  return (other.address() as { port: number }).port;
}

function checkIn(till: TestServer): void {
  till.events.publish({ event: "checkIn.received", params: { waiting: true, others: 0 } });
}

describe("the client", () => {
  test("connects, tells who the till is, and makes typed calls", async () => {
    const till = await start();
    const page = new Page(till.port, await till.token());
    expect(await page.state("ready")).toMatchObject({ hello: { till: { tillId: "kassa-1" } } });
    expect(await page.client.call("till.get", {})).toEqual(tillView);
  });

  test("sends a call that was made before it was connected", async () => {
    const till = await start();
    const page = new Page(till.port, await till.token());
    expect(await page.client.call("till.get", {})).toEqual(tillView);
  });

  test("rejects with the error's code, what may be done, and the words for the cashier", async () => {
    const exceeds = () => Promise.reject(new BridgeError("REFUND_EXCEEDS", { left: 250 }));
    const till = await start({ handlers: { "refund.get": exceeds } });
    const page = new Page(till.port, await till.token());
    await expect(page.client.call("refund.get", { refundId: "ref-00000001" })).rejects.toMatchObject({
      name: "BridgeCallError",
      code: "REFUND_EXCEEDS",
      retry: "never",
      hint: "Refund at most what is left.",
      data: { left: 250 },
    });
  });

  test("hears every event once, in order", async () => {
    const till = await start();
    const page = new Page(till.port, await till.token());
    await page.state("ready");
    for (let count = 0; count < 50; count += 1) checkIn(till);
    await page.until(() => page.events[49]);
    expect(page.seqs).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});

describe("after a drop", () => {
  test("the client comes back by itself and hears what it missed", async () => {
    const till = await start();
    const token = await till.token();
    const page = new Page(till.port, token);
    await page.state("ready");
    checkIn(till);
    await page.until(() => page.events[0]);
    await till.server.close();
    await page.state("stopping");
    for (let count = 0; count < 3; count += 1) checkIn(till);
    await start({ port: till.port, dataDir: till.dataDir, events: till.events });
    expect(await page.state("ready", 2)).not.toMatchObject({ hello: { gap: true } });
    checkIn(till);
    await page.until(() => page.events[4]);
    expect(page.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(page.client.seq).toBe(5);
  });

  test("onto a till whose numbers are lower, new events are heard all the same", async () => {
    const till = await start({ lastSeq: 1_000 });
    const page = new Page(till.port, await till.token());
    await page.state("ready");
    await till.server.close();
    const other = await start({ port: till.port, dataDir: till.dataDir });
    expect(await page.state("ready", 2)).toMatchObject({ hello: { gap: true, seq: 0 } });
    checkIn(other);
    await page.until(() => page.events[0]);
    expect(page.seqs).toEqual([1]);
  });

  test("a gap is told once: at the next drop the client goes on from there", async () => {
    const till = await start({ lastSeq: 100 });
    const page = new Page(till.port, await till.token(), { afterSeq: 5 });
    expect(await page.state("ready")).toMatchObject({ hello: { gap: true, seq: 100 } });
    await till.server.close();
    await start({ port: till.port, dataDir: till.dataDir, events: till.events });
    expect(await page.state("ready", 2)).not.toHaveProperty("hello.gap");
  });

  test("a call that cannot do anything twice is sent again, with the same body", async () => {
    const seen: unknown[] = [];
    const never = () => new Promise<never>(() => undefined);
    const first = await start({
      handlers: {
        "payment.start": (params) => {
          seen.push(params);
          void first.server.close();
          return never();
        },
      },
    });
    const page = new Page(first.port, await first.token());
    const params = {
      paymentId: "pay-00000001",
      sale: { saleId: "S1", total: { currency: "DKK", value: 1000 } },
      amount: { currency: "DKK", value: 1000 },
      customer: { by: "tillTag" },
    } as const;
    const answer = page.client.call("payment.start", params);
    await page.state("stopping");
    await start({
      port: first.port,
      dataDir: first.dataDir,
      handlers: {
        "payment.start": (again) => {
          seen.push(again);
          return Promise.reject(new BridgeError("NOT_PAIRED"));
        },
      },
    });
    await expect(answer).rejects.toMatchObject({ code: "NOT_PAIRED" });
    expect(seen).toEqual([params, params]);
  });

  test("a call that could do something twice is not sent again: CONNECTION_LOST, ask for the state", async () => {
    let calls = 0;
    const first = await start({
      handlers: {
        "payment.cancel": () => {
          calls += 1;
          void first.server.close();
          return new Promise<never>(() => undefined);
        },
      },
    });
    const page = new Page(first.port, await first.token());
    await expect(page.client.call("payment.cancel", { paymentId: "pay-00000001" })).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      retry: "query",
    });
    expect(calls).toBe(1);
  });
});

describe("when nobody answers", () => {
  test("the client says notRunning, and ready when the daemon has started", async () => {
    const port = await freePort();
    const folder = await start();
    const token = await folder.token();
    const page = new Page(port, token);
    await page.state("notRunning");
    await start({ port, dataDir: folder.dataDir });
    await page.state("ready");
    expect(page.states.map((it) => it.name)).toEqual(["notRunning", "ready"]);
  });

  test("a call fails with NOT_CONNECTED after its time: nothing was sent", async () => {
    const page = new Page(await freePort(), "t");
    await expect(page.client.call("till.get", {}, { connectMs: 1 })).rejects.toMatchObject({
      code: "NOT_CONNECTED",
      retry: "same-request",
    });
  });

  test("a call ends when its page gives it up", async () => {
    const page = new Page(await freePort(), "t");
    const giveUp = new AbortController();
    const answer = page.client.call("till.get", {}, { signal: giveUp.signal });
    giveUp.abort();
    await expect(answer).rejects.toMatchObject({ code: "GIVEN_UP" });
    await expect(page.client.call("till.get", {}, { signal: giveUp.signal })).rejects.toMatchObject({
      code: "GIVEN_UP",
    });
  });

  test("not more than 200 calls wait", async () => {
    const page = new Page(await freePort(), "t");
    const calls = Array.from({ length: 201 }, () => page.client.call("till.get", {}).catch((error: unknown) => error));
    expect(await calls[200]).toMatchObject({ code: "TOO_MANY_CALLS" });
    page.client.close();
    expect(await calls[0]).toMatchObject({ code: "GIVEN_UP" });
  });
});

test("an event that comes twice is heard once", async () => {
  const other = await daemonThat((socket) => {
    const event = {
      jsonrpc: "2.0",
      method: "checkIn.received",
      params: { waiting: true, others: 0, seq: 7, at: "2026-01-05T09:00:00.000Z" },
    };
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: "hello", result: { seq: 6, till: tillView } }));
    for (const seq of [7, 7, 8]) socket.send(JSON.stringify({ ...event, params: { ...event.params, seq } }));
  });
  const page = new Page(other, "t");
  await page.until(() => page.events.find((it) => it.params.seq === 8));
  expect(page.seqs).toEqual([7, 8]);
});

describe("when it is not let in", () => {
  test("with a wrong token the client says refused", async () => {
    const till = await start();
    const page = new Page(till.port, "wrong");
    expect(await page.state("refused")).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
  });

  test("after its token is revoked the client says refused", async () => {
    const till = await start();
    const page = new Page(till.port, await till.token("POS"));
    await page.state("ready");
    await till.command("revoke", "POS");
    expect(await page.state("refused")).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
  });

  test("by a daemon of another age the client says tooOld", async () => {
    const error = {
      code: 1030,
      message: "No common version.",
      data: { code: "PROTOCOL_MISMATCH", retry: "never", hint: "Update." },
    };
    const other = await daemonThat((socket) => socket.send(JSON.stringify({ jsonrpc: "2.0", id: "hello", error })));
    const page = new Page(other, "t");
    expect(await page.state("tooOld")).toMatchObject({ error: { code: "PROTOCOL_MISMATCH" } });
  });
});

describe("requestAccess", () => {
  test("shows the code, and resolves with a token that is good", async () => {
    const till = await start();
    const token = await requestAccess({
      url: `ws://127.0.0.1:${till.port}/v1`,
      name: "New page",
      onCode: (code) => void till.command("approve", code),
    });
    await new Page(till.port, token).state("ready");
  });

  test("ends when the page gives up, and the request with it", async () => {
    const till = await start();
    const giveUp = new AbortController();
    const wish = requestAccess({
      url: `ws://127.0.0.1:${till.port}/v1`,
      name: "New page",
      onCode: () => giveUp.abort(),
      signal: giveUp.signal,
    });
    await expect(wish).rejects.toMatchObject({ code: "GIVEN_UP" });
  });

  test("says when nobody answers", async () => {
    const wish = requestAccess({
      url: `ws://127.0.0.1:${await freePort()}/v1`,
      name: "New page",
      onCode: () => undefined,
    });
    await expect(wish).rejects.toMatchObject({ code: "NOT_CONNECTED" });
  });
});

test("the client in one file is under 10 KB gzipped, without zod", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["daemon/protocol/client.ts"],
    bundle: true,
    format: "esm",
    platform: "neutral",
    minify: true,
    write: false,
    metafile: true,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThan(10_000);
  expect(Object.keys(metafile.inputs).filter((it) => !it.startsWith("daemon/protocol/"))).toEqual([]);
});
