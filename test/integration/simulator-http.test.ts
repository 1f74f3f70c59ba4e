import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fault, Operation } from "../../daemon/devkit/simulator/faults.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { Merchant, sale } from "../support/merchant.ts";

let simulator: Simulator;
let merchant: Merchant;
const reference = "till-0001-1";

beforeEach(async () => {
  simulator = await startSimulator({ world: realWorld() });
  merchant = new Merchant(async ({ method, path, headers, body }) => {
    const answer = await fetch(simulator.url + path, { method, headers, redirect: "manual", ...(body && { body }) });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  }, simulator.platform.unit.credentials);
  await merchant.authorize();
});

afterEach(() => simulator.close());

const payment = () => simulator.platform.payments.get(reference);
const plan = (operation: Operation, fault: Fault) => simulator.faults.plan({ operation, fault });

async function control(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(simulator.url + path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

test("a sale over HTTP: asked for, approved, captured, partly refunded, each answer as published", async () => {
  expect((await merchant.create(sale(reference))).status).toBe(201);
  simulator.platform.phone.approve(reference);
  expect((await merchant.capture(reference, 4990)).status).toBe(200);
  expect((await merchant.refund(reference, 1000)).body.aggregate.refundedAmount.value).toBe(1000);
  expect((await merchant.events(reference)).body).toHaveLength(4);
});

test("an unknown path is not found, a body that is not JSON is refused, a huge one is not read", async () => {
  expect((await fetch(`${simulator.url}/epayment/v2/payments`)).status).toBe(404);
  expect((await merchant.call("create", "POST", "/epayment/v1/payments", "{", { key: "k" })).status).toBe(400);
  const huge = { method: "POST", body: "x".repeat(300_000) };
  expect((await fetch(`${simulator.url}/epayment/v1/payments`, huge)).status).toBe(413);
});

test("requests are recorded with their exact body and key, without the keys to the account", async () => {
  const body = sale(reference);
  await merchant.create(body, { key: "create-1" });
  const [record] = simulator.requests.list("create");
  expect(record).toMatchObject({ body: JSON.stringify(body), idempotencyKey: "create-1", status: 201 });
  const { clientSecret, subscriptionKey } = simulator.platform.unit.credentials;
  const kept = JSON.stringify(simulator.requests.list());
  expect([kept.includes(clientSecret), kept.includes(subscriptionKey), kept.includes("Bearer")]).toEqual([
    false,
    false,
    false,
  ]);
});

describe("faults", () => {
  beforeEach(async () => {
    await merchant.create(sale(reference));
    simulator.platform.phone.approve(reference);
  });

  test.each([
    ["lostBefore", 0],
    ["lostAfter", 1000],
  ] as const)("%s breaks the connection with %i captured", async (kind, captured) => {
    plan("capture", { kind });
    await expect(merchant.capture(reference, 1000, { key: "capture-1" })).rejects.toThrow("fetch failed");
    expect(payment().captured).toBe(captured);
    expect((await merchant.capture(reference, 1000, { key: "capture-1" })).status).toBe(200);
    expect(payment().captured).toBe(1000);
  });

  test.each([
    ["request", 0],
    ["answer", 1000],
  ] as const)("slow at the %s: %i has been captured while the merchant waits", async (at, captured) => {
    plan("capture", { kind: "slow", ms: 60_000, at });
    const answer = merchant.capture(reference, 1000);
    const seen = new Promise((resolve) => void answer.finally(() => resolve("answered")));
    await expect.poll(() => simulator.faults.list()).toEqual([]);
    if (at === "answer") await expect.poll(() => payment().captured).toBe(1000);
    expect(payment().captured).toBe(captured);
    simulator.clock.advance(60_000);
    expect(await seen).toBe("answered");
    expect(payment().captured).toBe(1000);
  });

  test("trickle sends one byte at a time", async () => {
    plan("get", { kind: "trickle", msPerByte: 1 });
    const { subscriptionKey, merchantSerialNumber } = simulator.platform.unit.credentials;
    const token = simulator.platform.tokens.issue(simulator.clock.now(), 60)["access_token"];
    const request = httpRequest(`${simulator.url}/epayment/v1/payments/${reference}`, {
      headers: {
        authorization: `Bearer ${token}`,
        "ocp-apim-subscription-key": subscriptionKey,
        "merchant-serial-number": merchantSerialNumber,
      },
    }).end();
    const [response] = await once(request, "response");
    let pieces = 0;
    let text = "";
    for await (const piece of response) {
      pieces += 1;
      text += piece;
    }
    expect(JSON.parse(text)).toMatchObject({ reference });
    expect(pieces).toBeGreaterThan(50);
  });

  test("busy, broken, redirected, a web page, an empty answer", async () => {
    const raw = async (fault: Fault) => {
      plan("token", fault);
      const answer = await fetch(`${simulator.url}/accesstoken/get`, { method: "POST", redirect: "manual" });
      return [
        answer.status,
        answer.headers.get("retry-after") ?? answer.headers.get("location"),
        (await answer.text()).slice(0, 9),
      ];
    };
    expect(await raw({ kind: "status", status: 429, retryAfterSeconds: 2 })).toEqual([429, "2", '{"type":"']);
    expect(await raw({ kind: "status", status: 503 })).toEqual([503, null, '{"type":"']);
    expect(await raw({ kind: "redirect", location: "http://127.0.0.1:1/x" })).toEqual([
      302,
      "http://127.0.0.1:1/x",
      "",
    ]);
    expect(await raw({ kind: "html" })).toEqual([200, null, "<!doctype"]);
    expect(await raw({ kind: "emptyBody" })).toEqual([401, null, ""]);
  });
});

describe("the control calls", () => {
  const phoneNumber = "4500000001";

  test("play the customer: scan, approve, refuse", async () => {
    simulator.platform.merchantQrs.put("123456", "till-1", "Kasse 1");
    const scanned = await control("POST", "/simulator/phone/scan", { phoneNumber, content: "till-1" });
    expect(scanned.body.shown).toBe("cannotConnect");
    const { customerToken } = scanned.body.checkIn;
    await merchant.create(sale(reference, { customer: { customerToken } }));
    await merchant.create(sale("till-0002-1"));
    const tap = (what: string, which: string) =>
      control("POST", `/simulator/phone/${what}`, { reference: which, phoneNumber });
    expect((await tap("begin", reference)).body).toEqual({ shown: "processing" });
    expect((await tap("finish", reference)).body).toEqual({ shown: "approved" });
    expect((await tap("refuse", "till-0002-1")).body).toEqual({ shown: "refused" });
    expect((await tap("approve", "till-0002-1")).body).toEqual({ shown: "notOpen" });
    expect((await tap("approve", "till-9999-1")).status).toBe(404);
    const { body } = await control("GET", "/simulator/state");
    expect(body.payments.map((one: { state: string }) => one.state)).toEqual(["AUTHORIZED", "ABORTED"]);
    expect(body.tags).toMatchObject([{ merchantQrId: "till-1" }]);
  });

  test("play the shop's portal: capture, cancel and refund, in parts and by the platform's rules", async () => {
    await merchant.create(sale(reference));
    simulator.platform.phone.approve(reference);
    const act = (does: string, amountMinor?: number) =>
      control("POST", `/simulator/portal/${does}`, { reference, ...(amountMinor !== undefined && { amountMinor }) });
    expect(await act("capture", 1000)).toMatchObject({ status: 200, body: { captured: 1000, cancelled: 0 } });
    expect(await act("cancel")).toMatchObject({ status: 200, body: { captured: 1000, cancelled: 3990 } });
    expect(await act("capture")).toMatchObject({ status: 400 });
    expect(await act("refund", 1001)).toMatchObject({ status: 400 });
    expect(await act("refund", 400)).toMatchObject({ status: 200, body: { refunded: 400 } });
    expect(await act("refund")).toMatchObject({ status: 200, body: { refunded: 1000 } });
    expect(await act("refund")).toMatchObject({ status: 400 });
  });

  test("plan faults, move the clock, revoke tokens, show the requests", async () => {
    const fault = { operation: "get", fault: { kind: "status", status: 503, retryAfterSeconds: 1 }, times: 2 };
    expect((await control("POST", "/simulator/faults", fault)).status).toBe(200);
    await merchant.create(sale(reference));
    expect((await merchant.get(reference)).status).toBe(503);
    expect((await control("GET", "/simulator/faults")).body).toMatchObject([{ ...fault, hits: 1 }]);
    await control("DELETE", "/simulator/faults");
    expect((await merchant.get(reference)).body.state).toBe("CREATED");
    await control("POST", "/simulator/clock", { advanceMs: 600_000 });
    expect((await merchant.get(reference)).body.state).toBe("EXPIRED");
    await control("POST", "/simulator/tokens/revoke", {});
    expect((await merchant.get(reference)).status).toBe(401);
    const requests = await control("GET", "/simulator/requests?operation=get");
    expect(requests.body.map((one: { status: number }) => one.status)).toEqual([503, 200, 200, 401]);
  });

  test.each([
    ["faults", { operation: "get", fault: { kind: "explode" } }],
    ["faults", { operation: "sell", fault: { kind: "lostBefore" } }],
    ["clock", { advanceMs: -1 }],
    ["phone/scan", { phoneNumber: "4599999999", content: "x" }],
    ["phone/approve", { reference, by: "me" }],
    ["nothing", {}],
  ])("refuse what makes no sense: %s %j", async (path, body) => {
    const { status } = await control("POST", `/simulator/${path}`, body);
    expect([400, 404]).toContain(status);
  });

  test("are not for web pages of others, nor under another name", async () => {
    const state = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const request = httpRequest(`${simulator.url}/simulator/state`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.on("error", reject).end();
      });
    const { port } = new URL(simulator.url);
    expect(await state({})).toBe(200);
    expect(await state({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(200);
    expect(await state({ host: `shop.example:${port}` })).toBe(403);
    expect(await state({ origin: "https://shop.example" })).toBe(403);
    expect(await state({ origin: "null" })).toBe(403);
    expect(await state({ origin: "http://127.0.0.1:9" })).toBe(403);
    expect(await state({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await state({ "sec-fetch-site": "same-site" })).toBe(403);
  });

  test("stream the state: at once, and after each change", async () => {
    const answer = await fetch(`${simulator.url}/simulator/events`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => JSON.parse(/data: (.*)\n/.exec((await reader?.read())?.value ?? "")?.[1] ?? "null");
    expect((await next()).payments).toEqual([]);
    await merchant.create(sale(reference));
    expect((await next()).payments).toMatchObject([{ reference, state: "CREATED" }]);
    await reader?.cancel();
  });
});

test("who listens for check-ins is a shop that takes them, as long as it listens", async () => {
  simulator.platform.merchantQrs.put("123456", "till-1", "Kasse 1");
  const answer = await fetch(`${simulator.url}/simulator/check-ins`);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await simulator.platform.phone.scanTag("till-1")).shown).toBe("connected");
  const event = (await reader?.read())?.value ?? "";
  expect(event).toMatch(/^event: check-in\ndata: \{"customerToken":.*"merchantQrId":"till-1","msn":"123456"/);
  await reader?.cancel();
  await expect.poll(async () => (await simulator.platform.phone.scanTag("till-1")).shown).toBe("cannotConnect");
});

test("pictures of codes are drawn, for codes of the platform alone", async () => {
  simulator.platform.merchantQrs.put("123456", "till-1", "Kasse 1");
  const { body } = await merchant.call(
    "qrGet",
    "GET",
    "/qr/v1/merchant-callback/till-1?QrImageFormat=PNG&QrImageSize=200",
  );
  const picture = await fetch(body.qrImageUrl);
  const bytes = Buffer.from(await picture.arrayBuffer());
  expect(picture.headers.get("content-type")).toBe("image/png");
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([200, 200]);
  const svg = await merchant.call("qrGet", "GET", "/qr/v1/merchant-callback/till-1");
  expect(await (await fetch(svg.body.qrImageUrl)).text()).toContain("<svg");
  const other = body.qrImageUrl.replace("qr.vipps.no", "shop.example");
  expect((await fetch(other)).status).toBe(404);
});

test("a webhook reaches a real receiver with the headers that prove it genuine", async () => {
  const received = Promise.withResolvers<{ headers: Record<string, unknown>; body: string }>();
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      response.end();
      received.resolve({ headers: request.headers, body });
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, "127.0.0.1", resolve);
  });
  const { port } = receiver.address() as AddressInfo;
  const wish = { url: `http://127.0.0.1:${port}/hook`, events: ["epayments.payment.created.v1"] };
  await merchant.call("webhookRegister", "POST", "/webhooks/v1/webhooks", wish);
  await merchant.create(sale(reference));
  const { headers, body } = await received.promise;
  expect(headers["host"]).toBe(`127.0.0.1:${port}`);
  expect(headers["authorization"]).toMatch(
    /^HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=.{44}$/,
  );
  expect(JSON.parse(body)).toMatchObject({ name: "CREATED", reference });
  receiver.close();
});

test("closing ends open streams, slow answers and retries", async () => {
  plan("token", { kind: "slow", ms: 3_600_000 });
  const slow = merchant.authorize().then(
    () => "answered",
    () => "broken",
  );
  await expect.poll(() => simulator.faults.list()).toEqual([]);
  const stream = await fetch(`${simulator.url}/simulator/events`);
  await simulator.close();
  expect(await slow).toBe("broken");
  await expect(stream.text().catch(() => "ended")).resolves.toBeDefined();
});
