import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { checkInEvent, paymentEvents } from "../../daemon/mobilepay/webhooks.ts";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import type { Fault } from "../../daemon/devkit/simulator/faults.ts";
import type { SimulatedWebhook } from "../../daemon/devkit/simulator/platform/webhooks.ts";
import { freePort } from "../support/free-port.ts";
import { selfSigned } from "../support/self-signed.ts";
import { Till, type TillOptions } from "../support/till.ts";

const tag = "123456789012345";
const secret = "the-secret-of-this-registration";
const publicUrl = "https://till.example.com/mobilepay";

let open: Till | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

interface Shop {
  readonly till: Till;
  readonly port: number;
  /** Posts as MobilePay does, through a proxy that puts its own Host in place. */
  readonly post: (body: unknown, how?: { secret?: string; at?: number }) => Promise<number>;
  readonly checkIn: (customerToken?: string, change?: object) => Record<string, unknown>;
}

/** A till that MobilePay reaches through the shop's own proxy. */
async function openShop(options: TillOptions = {}): Promise<Shop> {
  const port = await freePort();
  const checkIn = { mode: "webhook", url: publicUrl, secret, listen: { port } };
  const till = await Till.open({ checkIn, ...options });
  open = till;
  await till.pair();
  const { clock, platform } = till.simulator;
  return {
    till,
    port,
    post(body, how = {}) {
      const date = new Date(how.at ?? clock.now()).toUTCString();
      const content = JSON.stringify(body);
      const signed = signatureHeaders(how.secret ?? secret, { url: new URL(publicUrl), date, body: content });
      return post(port, "/mobilepay", content, { ...signed, host: `127.0.0.1:${port}` });
    },
    checkIn: (customerToken = "token-1", change = {}) => ({
      customerToken,
      merchantQrId: tag,
      msn: platform.unit.credentials.merchantSerialNumber,
      initiatedAt: new Date(clock.now()).toISOString(),
      ...change,
    }),
  };
}

function post(port: number, path: string, body: string, headers: Record<string, string>): Promise<number> {
  return postWith(request, { port, path, headers }, body);
}

function postWith(send: typeof request, options: RequestOptions, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = send({ host: "127.0.0.1", method: "POST", ...options }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The simulator posts to this machine itself: no proxy stands between. */
async function openLocalShop(events: readonly string[]): Promise<{ till: Till; registration: SimulatedWebhook }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mobilepay`;
  const till = await Till.open({ checkIn: { mode: "webhook", url, listen: { port } } });
  open = till;
  await till.pair();
  const { merchantSerialNumber } = till.simulator.platform.unit.credentials;
  const registration = till.simulator.platform.webhooks.register(merchantSerialNumber, url, events);
  await till.keepWebhook({
    id: registration.id,
    merchantSerialNumber,
    url,
    events: [...events],
    secret: registration.secret,
  });
  return { till, registration };
}

describe("a customer who scans the sticker", () => {
  test("pays: MobilePay tells the till, and the app is connected", async () => {
    const { till } = await openLocalShop([checkInEvent]);
    await till.start({ customer: { by: "tillTag" } });
    expect(await till.simulator.platform.phone.scanTag(tag)).toMatchObject({ shown: "connected" });
    await till.approve();
    const { payment } = await till.untilPayment("paid");
    expect(payment).toMatchObject({ captured: 4990, customerBy: "tillTag", checkIn: { others: 0 } });
    expect(payment.checkIn?.ageSeconds).toBeLessThan(60);
  });

  test("before the sale is kept for it, and the page sees both the customer and how long ago that was", async () => {
    const { till } = await openLocalShop([checkInEvent]);
    expect(await till.simulator.platform.phone.scanTag(tag)).toMatchObject({ shown: "connected" });
    expect(await till.until("checkIn.received")).toMatchObject({ waiting: false, others: 0 });
    expect(await till.start({ customer: { by: "tillTag" } })).toMatchObject({
      state: "requesting",
      checkIn: { ageSeconds: expect.any(Number), others: 0 },
    });
  });

  test("learns at once when the till is off: nobody took the check-in", async () => {
    const { till } = await openLocalShop([checkInEvent]);
    await till.stop();
    expect(await till.simulator.platform.phone.scanTag(tag)).toMatchObject({ shown: "cannotConnect" });
    await till.powerOn();
  });
});

describe("the address for webhooks", () => {
  test("believes what is signed for the registered address, whatever the proxy makes of its host", async () => {
    const { till, post, checkIn } = await openShop();
    expect(await post(checkIn())).toBe(200);
    expect(await till.start({ customer: { by: "tillTag" } })).toMatchObject({ state: "requesting" });
  });

  test("answers each of the others with what is wrong, and takes none of them", async () => {
    const { till, post, checkIn } = await openShop();
    const now = till.simulator.clock.now();
    expect(await post(checkIn("forged"), { secret: "guessed" })).toBe(401);
    expect(await post(checkIn("replayed"), { at: now - 400_000 })).toBe(401);
    expect(await post(checkIn("of another till", { merchantQrId: "999999999999999" }))).toBe(404);
    expect(await post(checkIn("of another shop", { msn: "654321" }))).toBe(404);
    expect(await post(checkIn("late", { initiatedAt: new Date(now - 901_000).toISOString() }))).toBe(410);
    expect(await till.start({ customer: { by: "tillTag" } })).toMatchObject({ state: "waitingForCustomer" });
  });

  test("takes a check-in once, told twice or with two signatures", async () => {
    const { till, post, checkIn } = await openShop();
    const told = checkIn();
    expect(await Promise.all([post(told), post(told, { at: till.simulator.clock.now() - 2000 })])).toEqual([200, 200]);
    await till.start({ customer: { by: "tillTag" } });
    expect(till.events.filter(({ event }) => event === "checkIn.received")).toHaveLength(1);
  });

  test("knows no check-in for a till that has no tag", async () => {
    const { till, post, checkIn } = await openShop();
    await till.call("pairing.remove", {});
    expect(await post(checkIn())).toBe(404);
  });

  test("goes by MobilePay's clock: a till whose own is hours off takes what is in time, and nothing else", async () => {
    const { till, post, checkIn } = await openShop();
    till.simulator.clock.advance(5 * 3_600_000);
    let status = await post(checkIn());
    // MobilePay tells again, and the till asks for the time at most once in two seconds.
    for (let tries = 0; status !== 200 && tries < 500; tries += 1) status = await post(checkIn());
    expect(status).toBe(200);
    expect(await post(checkIn("old"), { at: Date.now() })).toBe(401);
  });

  test("is no way to the till's page, and a page's port no way in for webhooks", async () => {
    const { till, port } = await openShop();
    expect(await post(till.port, "/mobilepay", "{}", { host: `127.0.0.1:${till.port}` })).toBe(405);
    for (const path of ["/", "/health", "/metrics", "/v1", "/mobilepay/", "/mobilepay?x"])
      expect(await post(port, path, "{}", {})).toBe(404);
    const upgrade = await raw(port, "GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    expect(upgrade).toMatch(/^HTTP\/1\.1 404 /);
  });
});

test("without a proxy, the till's own certificate ends the encryption", async () => {
  const folder = await mkdtemp(join(tmpdir(), "webhook-tls-"));
  const { cert, key } = selfSigned();
  const tls = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await writeFile(tls.certificate, cert);
  await writeFile(tls.key, key, { mode: 0o600 });
  const port = await freePort();
  const url = `https://127.0.0.1:${port}/mobilepay`;
  open = await Till.open({ checkIn: { mode: "webhook", url, secret, listen: { port, tls } } });
  const signed = signatureHeaders(secret, { url: new URL(url), date: new Date().toUTCString(), body: "{}" });
  expect(await postWith(requestHttps, { port, path: "/mobilepay", headers: signed, ca: cert }, "{}")).toBe(200);
  await expect(postWith(request, { port, path: "/mobilepay", headers: signed }, "{}")).rejects.toMatchObject({
    code: "ECONNRESET",
  });
  await rm(folder, { recursive: true });
});

describe("whoever is not MobilePay", () => {
  test.each([
    ["another method", "PUT /mobilepay HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405],
    ["a body that is too long", "POST /mobilepay HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n", 413],
    ["no signature", "POST /mobilepay HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 401],
    ["headers without end", `POST /mobilepay HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(9000)}\r\n\r\n`, 431],
    ["something that is not HTTP", "\u0016\u0003\u0001\r\n\r\n", 400],
  ])("gets no further with %s", async (_what, request, status) => {
    const { port } = await openShop();
    expect(await raw(port, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("gets no further with a body in pieces that never ends", async () => {
    const { port } = await openShop();
    const piece = `4000\r\n${"x".repeat(16_384)}\r\n`;
    const request = `POST /mobilepay HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${piece}${piece}`;
    expect(await raw(port, request)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("payment webhooks", () => {
  const roads: [string, readonly string[], Fault | undefined][] = [
    ["come as they should", paymentEvents, undefined],
    ["are not registered", [checkInEvent], undefined],
    ["come twice", paymentEvents, { kind: "duplicatedWebhook" }],
    ["come half a minute late", paymentEvents, { kind: "slow", ms: 30_000 }],
    ["are lost on the way", paymentEvents, { kind: "lostBefore" }],
    ["are answered in vain, and come again and again", paymentEvents, { kind: "lostAfter" }],
  ];
  test.each(roads)("make no difference to what becomes of a sale: they %s", async (_how, events, fault) => {
    const { till } = await openLocalShop(events);
    if (fault) till.simulator.faults.plan({ operation: "webhook", fault, times: 1000 });
    await till.sell();
    const amount = { currency: "DKK" as const, value: 1000 };
    await till.call("refund.start", { refundId: "refund-1", paymentId: "payment-1", amount });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.states()).toEqual(["requesting", "waitingForApproval", "capturing", "paid", "completed"]);
    expect(till.account()).toMatchObject({ captured: 4990, refunded: 1000 });
  });

  test("change nothing when they are false or out of order: the till asks, and believes the answer alone", async () => {
    const { till, post } = await openShop();
    await till.start();
    await till.untilPayment("waitingForApproval");
    const msn = till.simulator.platform.unit.credentials.merchantSerialNumber;
    for (const name of ["CAPTURED", "AUTHORIZED", "ABORTED", "AUTHORIZED"])
      expect(await post({ msn, reference: "tillA-payment-1", name, success: true })).toBe(200);
    expect(await till.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "waitingForApproval" });
    await till.approve();
    await till.untilPayment("paid");
  });
});

/** What comes back for these very bytes, until the other side closes or has answered. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.end(bytes, "latin1");
  return text(socket).catch(() => "");
}
