import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Answerer,
  cutOff,
  html,
  json,
  paymentBody,
  problem,
  reset,
  silence,
  text,
  trickle,
} from "../support/hostile-platform.ts";
import {
  type MobilePayRig,
  paymentCallNames,
  paymentCalls,
  quickDeadlines,
  reference,
  startMobilePayRig,
} from "../support/mobilepay-rig.ts";
import { selfSigned } from "../support/self-signed.ts";

let rig: MobilePayRig;
beforeEach(async () => {
  rig = await startMobilePayRig({ deadlinesMs: quickDeadlines });
});
afterEach(() => rig.close());

/** What the platform, or something between us and it, answers; and what we may then say. */
interface BadAnswer {
  readonly answer: Answerer;
  readonly why: "unreachable" | "busy" | "nonsense";
  /** It comes before a request is looked at: a create has then certainly done nothing. */
  readonly isTheDoor?: true;
}

const badAnswers: Record<string, BadAnswer> = {
  "a connection that breaks": { answer: reset, why: "unreachable" },
  "no answer in time": { answer: silence, why: "unreachable" },
  "a body that trickles in without end": { answer: trickle, why: "unreachable" },
  "a body that breaks off": { answer: cutOff, why: "unreachable" },
  "a body without measure": { answer: text(200, " ".repeat(2 * 1024 * 1024)), why: "unreachable" },
  "a web page with 200": { answer: html(200), why: "nonsense" },
  "a web page with 400": { answer: html(400), why: "nonsense" },
  "a web page with 403": { answer: html(403), why: "unreachable" },
  "a web page with 404": { answer: html(404), why: "nonsense" },
  "a web page with 502": { answer: html(502), why: "busy" },
  "an empty 200": { answer: text(200, ""), why: "nonsense" },
  "an empty 204": { answer: text(204, ""), why: "nonsense" },
  "an empty 404": { answer: text(404, ""), why: "nonsense" },
  "JSON that is nothing of ours": { answer: json(200, { ok: true }), why: "nonsense" },
  "400 with JSON that is no problem document": {
    answer: json(400, { statusCode: 400, message: "?" }),
    why: "nonsense",
  },
  "a redirect": { answer: text(302, "", { location: "/elsewhere" }), why: "nonsense" },
  "a permanent redirect": { answer: text(308, "", { location: "/elsewhere" }), why: "nonsense" },
  "401, whatever the token": { answer: problem(401), why: "unreachable", isTheDoor: true },
  "403 without a reason": { answer: problem(403), why: "unreachable", isTheDoor: true },
  "408": { answer: problem(408), why: "busy" },
  "423, locked by another operation": { answer: problem(423), why: "busy" },
  "425": { answer: problem(425), why: "busy" },
  "429": { answer: problem(429), why: "busy" },
  "500": { answer: problem(500), why: "busy" },
  "500 with a code": { answer: problem(500, 3010), why: "busy" },
  "503": { answer: text(503, ""), why: "busy" },
  "400 with 6160, still at work": { answer: problem(400, 6160), why: "busy" },
  "409 with 6250, the customer is approving": { answer: problem(409, 6250), why: "busy" },
  "409 with 6280, try the capture again": { answer: problem(409, 6280), why: "busy" },
  "another payment's reference": { answer: json(200, paymentBody("another-payment-0001")), why: "nonsense" },
  "fields of another type": { answer: json(200, { ...paymentBody(reference), reference: 7 }), why: "nonsense" },
};

describe.each(Object.entries(badAnswers))("%s", (_name, { answer, why, isTheDoor }) => {
  test.each(paymentCallNames.filter((name) => name !== "create" || !isTheDoor))(
    "teaches nothing about a %s",
    async (name) => {
      rig.platform.answer(answer);
      expect(await paymentCalls[name](rig.mobilePay)).toEqual({ kind: "unknown", why });
      expect(rig.records.filter(({ level }) => level !== "debug")).not.toEqual([]);
    },
  );
});

test.each(paymentCallNames.filter((name) => name !== "create" && name !== "landed"))(
  "amounts in two currencies teach nothing about a %s",
  async (name) => {
    const body = paymentBody(reference, { captured: 4990, refunded: 1000 });
    const aggregate = { ...(body["aggregate"] as object), capturedAmount: { currency: "EUR", value: 4990 } };
    rig.platform.answer(json(200, { ...body, aggregate }));
    expect(await paymentCalls[name](rig.mobilePay)).toEqual({ kind: "unknown", why: "nonsense" });
  },
);

test.each(["look", "cancel", "capture", "refund"] as const)(
  "a currency that no till has teaches nothing about a %s",
  async (name) => {
    rig.platform.answer(json(200, paymentBody(reference, { currency: "USD", captured: 4990, refunded: 1000 })));
    expect(await paymentCalls[name](rig.mobilePay)).toEqual({ kind: "unknown", why: "nonsense" });
  },
);

test("a redirect is not followed", async () => {
  rig.platform.answer(text(307, "", { location: `${rig.platform.url}/elsewhere` }));
  await paymentCalls.capture(rig.mobilePay);
  expect(rig.platform.calls().map(({ path }) => path)).toEqual([`/epayment/v1/payments/${reference}/capture`]);
});

test("a proxy that the environment names is not used", async () => {
  const names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = "http://127.0.0.1:9";
  try {
    rig.platform.answer(json(200, paymentBody(reference)));
    expect(await paymentCalls.look(rig.mobilePay)).toMatchObject({ kind: "ok" });
  } finally {
    names.forEach((name, index) => {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    });
  }
});

describe("how long to wait", () => {
  test("is taken from Retry-After in seconds", async () => {
    rig.platform.answer(problem(429, undefined, { "retry-after": "7" }));
    expect(await paymentCalls.look(rig.mobilePay)).toEqual({ kind: "unknown", why: "busy", retryAfterMs: 7000 });
  });

  test("is taken from Retry-After as a date, against the platform's own clock", async () => {
    const headers = { date: "Mon, 05 Jan 2026 09:00:00 GMT", "retry-after": "Mon, 05 Jan 2026 09:00:12 GMT" };
    rig.platform.answer(problem(503, undefined, headers));
    expect(await paymentCalls.capture(rig.mobilePay)).toEqual({ kind: "unknown", why: "busy", retryAfterMs: 12_000 });
  });
});

test("a server whose certificate nobody vouches for is sent nothing, whatever the environment says", async () => {
  let requests = 0;
  const server = createServer(selfSigned(), (_request, response) => {
    requests += 1;
    response.end(JSON.stringify(paymentBody(reference)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  const { port } = server.address() as AddressInfo;
  const secure = await startMobilePayRig({ baseUrl: `https://127.0.0.1:${port}` });
  try {
    expect(await paymentCalls.create(secure.mobilePay)).toEqual({ kind: "unknown", why: "unreachable" });
    expect(secure.records[0]).toMatchObject({ fields: { because: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
    expect(requests).toBe(0);
  } finally {
    delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    await secure.close();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a body is sent to the byte as it was journaled", async () => {
  rig.platform.answer(reset);
  const body = ' {"modificationAmount" : {"value":4990, "currency":"DKK"}, "x":"\u00e6 æ"} ';
  await rig.mobilePay.gateway.capture({ reference, key: "capture-key-1", body });
  expect(rig.platform.calls()[0]?.body).toBe(body);
});

test("a web page leaves the line unreachable: it is not MobilePay that answered", async () => {
  rig.platform.answer(html(200));
  await paymentCalls.look(rig.mobilePay);
  expect(rig.mobilePay.health().state).toBe("unreachable");
  rig.platform.answer(problem(404, 5090));
  await paymentCalls.look(rig.mobilePay);
  expect(rig.mobilePay.health().state).toBe("reachable");
});

test("a server that is not there is unreachable", async () => {
  await rig.platform.close();
  expect(await paymentCalls.create(rig.mobilePay)).toEqual({ kind: "unknown", why: "unreachable" });
  expect(rig.mobilePay.health().state).toBe("unreachable");
});

test("closing breaks off what is under way, and nothing more is sent", async () => {
  const arrived = new Promise<void>((resolve) => {
    rig.platform.answer(() => resolve());
  });
  const waiting = paymentCalls.capture(rig.mobilePay);
  await arrived;
  rig.mobilePay.close();
  expect(await waiting).toEqual({ kind: "unknown", why: "unreachable" });
  const sent = rig.platform.requests.length;
  expect(await paymentCalls.capture(rig.mobilePay)).toEqual({ kind: "unknown", why: "unreachable" });
  expect(rig.platform.requests).toHaveLength(sent);
});
