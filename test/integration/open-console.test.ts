import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { consoleMsMax, offerConsole } from "../../daemon/server/access/console-access.ts";
import { consoleHandlers } from "../../daemon/server/console/handlers.ts";
import { type ConnectOptions, connectRaw, exchange, hello, statusOf, upgradeHead } from "../support/rpc-client.ts";
import { posOrigin, startTestServer, type TestServer } from "../support/rpc-server.ts";

const code = "12345678";
let till: TestServer;

beforeEach(async () => {
  till = await startTestServer({
    handlers: (parts) =>
      consoleHandlers({
        ...parts,
        connected: () => till.server.counts().connected,
        system: { node: "v24", platform: "linux x64" },
        logTail: () => [],
        scanners: async () => ({ typing: [], makers: [] }),
      }),
  });
});

afterEach(() => till.stop());

const own = () => `http://127.0.0.1:${till.port}`;

/** What `tillbridge console` does. */
function offer(): Promise<void> {
  return till.access.update((record) => ({
    record: offerConsole(record, randomUUID(), code, till.world.now()),
    answer: undefined,
  }));
}

async function open(typed = code, options: ConnectOptions = { origin: own() }) {
  const client = await connectRaw(till.port, options);
  const answer = await client.call("console.open", { code: typed });
  return { client, answer, token: String(answer.result?.["token"]) };
}

async function openedConsole() {
  await offer();
  const { token } = await open();
  const console = await connectRaw(till.port, { origin: own() });
  const answer = await console.call("session.hello", { ...hello, token });
  expect(answer.result).toMatchObject({ protocol: 1 });
  return { console, token };
}

async function refusedHello(token: unknown, origin?: string): Promise<void> {
  const client = await connectRaw(till.port, origin === undefined ? {} : { origin });
  expect((await client.call("session.hello", { ...hello, token })).error?.data).toMatchObject({
    code: "UNAUTHENTICATED",
  });
}

describe("the page at the till's own address", () => {
  test("is let in under each of its three names, and under no other scheme, port or mixture of names", async () => {
    const { port } = till;
    const statusFor = async (host: string, origin: string) => {
      const head = upgradeHead([
        ["Host", host],
        ["Origin", origin],
      ]).replace("/v1", "/nothing-here");
      return statusOf(await exchange(port, head));
    };
    for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect(await statusFor(name, `http://${name}`)).toBe(404);
    for (const origin of [
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      "http://127.0.0.1",
      `http://127.0.0.1:${port}.evil.example`,
      `http://localhost:${port}`,
      `http://127.0.0.1:${port}/`,
      "null",
    ])
      expect(await statusFor(`127.0.0.1:${port}`, origin)).toBe(403);
  });

  test("opens with the code, once, and then says hello with its token", async () => {
    const { console } = await openedConsole();
    expect((await console.call("till.get")).result).toMatchObject({ tillId: "kassa-1" });
    expect((await open()).answer.error?.data).toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("can do nothing without it, and cannot ask for access as other pages do", async () => {
    for (const method of ["till.get", "console.overview", "session.requestAccess"]) {
      const client = await connectRaw(till.port, { origin: own() });
      const params = method === "session.requestAccess" ? { client: { name: "Sly" } } : {};
      expect((await client.call(method, params)).error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
      expect(await client.closed()).toBe(4401);
    }
  });

  test("has five tries for a code; then the right one is void", async () => {
    await offer();
    for (const triesLeft of [4, 3, 2, 1, 0])
      expect((await open("00000000")).answer.error?.data).toMatchObject({ code: "ACCESS_DENIED", triesLeft });
    expect((await open()).answer.error?.data).toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("has one try for each connection", async () => {
    await offer();
    const { client } = await open("00000000");
    expect(await client.closed()).toBe(4401);
  });

  test("cannot use a POS's token, even one that is good from any origin", async () => {
    await refusedHello(await till.token("POS"), own());
  });
});

describe("other pages and programs", () => {
  test("cannot open the console, even with the right code", async () => {
    await offer();
    for (const options of [{ origin: posOrigin }, {}]) {
      expect((await open(code, options)).answer.error?.data).toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });

  test("cannot use the console's token", async () => {
    const { token } = await openedConsole();
    await refusedHello(token, posOrigin);
    await refusedHello(token);
  });

  test("cannot call what is the console's alone", async () => {
    const pos = await till.ready();
    for (const [method, params] of [
      ["console.overview", {}],
      ["console.log", {}],
      ["console.close", {}],
      ["console.revoke", { clientId: "x" }],
      ["console.decideAccess", { requestId: "x", approve: true }],
    ] as const)
      expect((await pos.call(method, params)).error?.data).toMatchObject({ code: "ACCESS_DENIED" });
  });
});

describe("an open console", () => {
  test("sees what the scanner saw, also when that is for one page alone", async () => {
    const { console } = await openedConsole();
    const [holder, other] = [await till.ready(), await till.ready()];
    await holder.call("device.claim");
    till.events.publish({ event: "scan.read", params: { deviceId: "s", data: "5701234567899", meaning: "product" } });
    await console.notification("scan.read");
    await holder.notification("scan.read");
    await other.call("till.get");
    expect(other.events().map(({ method }) => method)).not.toContain("scan.read");
  });

  test("neither sells nor refunds", async () => {
    const { console } = await openedConsole();
    const refund = { refundId: "refund-1", paymentId: "payment-1", amount: { currency: "DKK", value: 1 } };
    expect((await console.call("refund.start", refund)).error?.data).toMatchObject({ code: "ACCESS_DENIED" });
    expect((await console.call("payment.cancel", { paymentId: "payment-1" })).error?.data).toMatchObject({
      code: "ACCESS_DENIED",
    });
  });

  test("shows a request with its code, and lets the page in", async () => {
    const { console } = await openedConsole();
    const page = await connectRaw(till.port, { origin: posOrigin });
    const asked = page.call("session.requestAccess", { client: { name: "Till page" } });
    const shown = await page.notification("session.accessCode");
    const { result } = await console.call("console.overview");
    const [request] = (result?.["requests"] ?? []) as { requestId: string }[];
    expect(request).toMatchObject({ name: "Till page", origin: posOrigin, code: shown.params?.["code"] });
    const decision = { requestId: request?.requestId, approve: true };
    expect((await console.call("console.decideAccess", decision)).result).toEqual({ outcome: "approved" });
    const { token } = (await asked).result as { token: string };
    expect((await page.call("session.hello", { ...hello, token })).result).toMatchObject({ protocol: 1 });
    expect((await console.call("console.overview")).result).toMatchObject({
      connected: 1,
      requests: [],
      clients: [{ name: "Till page", origin: posOrigin, rights: ["read", "sell", "refund", "settings"] }],
    });
    expect((await console.call("console.decideAccess", decision)).result).toEqual({ outcome: "gone" });
  });

  test("lets a page in to look and nothing else", async () => {
    const { console } = await openedConsole();
    const page = await connectRaw(till.port, { origin: posOrigin });
    const asked = page.call("session.requestAccess", { client: { name: "Customer display" } });
    await page.notification("session.accessCode");
    const { result } = await console.call("console.overview");
    const [request] = (result?.["requests"] ?? []) as { requestId: string }[];
    await console.call("console.decideAccess", { requestId: request?.requestId, approve: true, rights: ["read"] });
    const { token } = (await asked).result as { token: string };
    expect((await page.call("session.hello", { ...hello, token })).result).toMatchObject({ rights: ["read"] });
  });

  test("turns a request away", async () => {
    const { console } = await openedConsole();
    const page = await connectRaw(till.port);
    const asked = page.call("session.requestAccess", { client: { name: "Stranger" } });
    await page.notification("session.accessCode");
    const { result } = await console.call("console.overview");
    const [request] = (result?.["requests"] ?? []) as { requestId: string }[];
    await console.call("console.decideAccess", { requestId: request?.requestId, approve: false });
    expect((await asked).error?.data).toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("takes a client's access away, and its connection closes", async () => {
    const { console } = await openedConsole();
    const pos = await till.ready();
    const { result } = await console.call("console.overview");
    const [client] = (result?.["clients"] ?? []) as { clientId: string }[];
    await console.call("console.revoke", { clientId: client?.clientId });
    expect(await pos.closed()).toBe(4401);
  });

  test("is locked for good by itself", async () => {
    const { console, token } = await openedConsole();
    console.send({ jsonrpc: "2.0", id: "lock", method: "console.close", params: {} });
    expect(await console.closed()).toBe(4401);
    await refusedHello(token, own());
  });

  test("survives a restart, and ends after twelve hours even while it is connected", async () => {
    const { token } = await openedConsole();
    till = await till.restart();
    const console = await connectRaw(till.port, { origin: own() });
    expect((await console.call("session.hello", { ...hello, token })).result).toBeDefined();
    till.world.wallOffMs += consoleMsMax;
    await till.world.pass(5_000);
    expect(await console.closed()).toBe(4401);
  });
});
