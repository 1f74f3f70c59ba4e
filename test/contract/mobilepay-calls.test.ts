import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { html, json, paymentBody, problem, reset, text, tokenBody } from "../support/hostile-platform.ts";
import {
  type MobilePayRig,
  paymentCallNames,
  paymentCalls,
  reference,
  startMobilePayRig,
} from "../support/mobilepay-rig.ts";

let rig: MobilePayRig;
beforeEach(async () => {
  rig = await startMobilePayRig();
});
afterEach(() => rig.close());

const created = json(201, { reference });

describe("what is sent", () => {
  test("to create: the body as it was made, the key, the keys of the shop, and who we are", async () => {
    rig.platform.answer(created);
    await paymentCalls.create(rig.mobilePay);
    const [token] = rig.platform.tokenCalls();
    expect(token).toMatchObject({ method: "POST", body: "" });
    expect(token?.headers).toMatchObject({
      client_id: "canary-client-id",
      client_secret: "canary-client-secret",
      "ocp-apim-subscription-key": "canary-subscription-key",
      "merchant-serial-number": "123456",
      "content-length": "0",
    });
    expect(token?.headers).not.toHaveProperty("content-type");
    const [call] = rig.platform.calls();
    expect(call).toMatchObject({ method: "POST", path: "/epayment/v1/payments" });
    expect(call?.body).toBe(
      '{"amount":{"currency":"DKK","value":4990},"paymentMethod":{"type":"WALLET"},"userFlow":"PUSH_MESSAGE",' +
        '"customer":{"phoneNumber":"4512345678"},"customerInteraction":"CUSTOMER_PRESENT","reference":"till-1-000123-1"}',
    );
    expect(call?.headers).toMatchObject({
      authorization: "Bearer canary-token-1",
      "content-type": "application/json",
      "idempotency-key": "create-key-1",
      "merchant-serial-number": "123456",
      "ocp-apim-subscription-key": "canary-subscription-key",
      "vipps-system-name": "tillbridge",
      "vipps-system-version": "0.0.0",
    });
  });

  test.each([
    ["look", "GET", "", "", undefined],
    ["landed", "GET", "/events", "", undefined],
    ["cancel", "POST", "/cancel", '{"cancelTransactionOnly":true}', "cancel-key-1"],
    ["capture", "POST", "/capture", '{"modificationAmount":{"currency":"DKK","value":4990}}', "capture-key-1"],
    ["refund", "POST", "/refund", '{"modificationAmount":{"currency":"DKK","value":1000}}', "refund-key-1"],
  ] as const)("to %s", async (name, method, end, body, key) => {
    rig.platform.answer(reset);
    await paymentCalls[name](rig.mobilePay);
    const [call] = rig.platform.calls();
    expect(call).toMatchObject({ method, path: `/epayment/v1/payments/${reference}${end}`, body });
    expect(call?.headers["idempotency-key"]).toBe(key);
  });

  test("never has a name of ours longer than the platform takes", async () => {
    await rig.close();
    rig = await startMobilePayRig({
      systemName: "x".repeat(40),
      pluginName: "Æ till\n".repeat(10),
      pluginVersion: "1",
    });
    rig.platform.answer(created);
    await paymentCalls.create(rig.mobilePay);
    expect(rig.platform.calls()[0]?.headers).toMatchObject({
      "vipps-system-name": "x".repeat(30),
      "vipps-system-plugin-name": "? till?? till?? till?? till?? ".trim(),
      "vipps-system-plugin-version": "1",
    });
  });

  test("goes to no reference of another form: it would name something else", async () => {
    await expect(rig.mobilePay.gateway.getPayment("../../x")).rejects.toThrow("assertion failed");
    await expect(rig.mobilePay.gateway.getPayment("")).rejects.toThrow("assertion failed");
    expect(rig.platform.requests).toEqual([]);
  });
});

describe("the access token", () => {
  test("is asked for once for many calls", async () => {
    rig.platform.answer(json(200, paymentBody(reference)));
    await Promise.all(Array.from({ length: 5 }, () => paymentCalls.look(rig.mobilePay)));
    await paymentCalls.look(rig.mobilePay);
    expect(rig.platform.tokenCalls()).toHaveLength(1);
    expect(rig.platform.calls()).toHaveLength(6);
  });

  test("is renewed once when it is not accepted, and exactly the same is sent again", async () => {
    rig.platform.answer(problem(401), json(200, paymentBody(reference, { captured: 4990 })));
    expect(await paymentCalls.capture(rig.mobilePay)).toMatchObject({ kind: "ok" });
    const [first, second, ...more] = rig.platform.calls();
    expect(more).toEqual([]);
    expect(first?.headers.authorization).toBe("Bearer canary-token-1");
    expect(second?.headers.authorization).toBe("Bearer canary-token-2");
    expect([second?.body, second?.headers["idempotency-key"]]).toEqual([
      first?.body,
      first?.headers["idempotency-key"],
    ]);
  });

  test("is not renewed a second time", async () => {
    rig.platform.answer(problem(401));
    await paymentCalls.look(rig.mobilePay);
    expect(rig.platform.calls()).toHaveLength(2);
    expect(rig.platform.tokenCalls()).toHaveLength(2);
  });

  const keysRefused = { kind: "refused", isUntouched: true, failure: { code: "KEYS_REFUSED" } };

  test.each([
    ["401", problem(401)],
    ["400", json(400, { error: "invalid_client" })],
    ["403", json(403, { statusCode: 403, message: "Forbidden" })],
  ])("that is refused outright (%s) refuses a create, for nothing was done", async (_name, answer) => {
    rig.platform.answerToken(answer);
    expect(await paymentCalls.create(rig.mobilePay)).toMatchObject(keysRefused);
    expect(rig.platform.calls()).toEqual([]);
    expect(rig.mobilePay.health()).toMatchObject({ state: "reachable", trouble: { code: "KEYS_REFUSED" } });
  });

  test.each([
    ["401", problem(401)],
    ["403 at the door", json(403, { statusCode: 403, message: "Access denied due to invalid subscription key." })],
  ])(
    "that is given while the call is refused (%s) refuses a create: the door comes before all else",
    async (_name, answer) => {
      rig.platform.answer(answer);
      expect(await paymentCalls.create(rig.mobilePay)).toMatchObject(keysRefused);
      expect(rig.mobilePay.health()).toMatchObject({ trouble: { code: "KEYS_REFUSED" } });
    },
  );

  test.each(paymentCallNames.filter((name) => name !== "create"))(
    "that is refused outright tells nothing to a %s: an earlier one may have gone through",
    async (name) => {
      rig.platform.answerToken(problem(401));
      expect(await paymentCalls[name](rig.mobilePay)).toEqual({ kind: "unknown", why: "unreachable" });
      expect(rig.mobilePay.health()).toMatchObject({ trouble: { code: "KEYS_REFUSED" } });
    },
  );

  test("that is refused stays the trouble, whatever a following look says, until a call succeeds", async () => {
    rig.platform.answer(problem(401));
    await paymentCalls.create(rig.mobilePay);
    for (const answer of [reset, problem(503), html(200)]) {
      rig.platform.answer(answer);
      await paymentCalls.look(rig.mobilePay);
      expect(rig.mobilePay.health()).toMatchObject({ trouble: { code: "KEYS_REFUSED" } });
    }
    rig.platform.answer(json(200, paymentBody(reference)));
    await paymentCalls.look(rig.mobilePay);
    expect(rig.mobilePay.health()).not.toHaveProperty("trouble");
  });

  test.each([
    ["a page for people, with 401", html(401)],
    ["a page for people, with 403", html(403)],
    ["a refusal of the payment API's own, with 403", problem(403, 5070)],
  ])("is not what %s speaks of", async (_name, answer) => {
    rig.platform.answer(answer);
    expect(await paymentCalls.create(rig.mobilePay)).not.toMatchObject(keysRefused);
    expect(rig.mobilePay.health().trouble?.code).not.toBe("KEYS_REFUSED");
  });

  test("that is not good for reports says nothing about the keys", async () => {
    rig.platform.answer(json(401, {}));
    expect(await rig.mobilePay.ledger.day("2026-01-05")).toEqual({ kind: "notAllowed" });
    expect(rig.mobilePay.health().trouble?.code).not.toBe("KEYS_REFUSED");
  });

  test.each([
    ["a broken connection", reset, "unreachable"],
    ["500", problem(500), "busy"],
    ["a web page", html(200), "nonsense"],
    ["a web page with 400", html(400), "unreachable"],
    ["an answer without a token", json(200, { ...tokenBody("x"), access_token: undefined }), "nonsense"],
    ["a token that fits into no header", json(200, tokenBody("a\r\nb: c")), "nonsense"],
  ] as const)("that cannot be had (%s) leaves everything unknown, and nothing is sent", async (_name, answer, why) => {
    rig.platform.answerToken(answer);
    for (const name of paymentCallNames) {
      expect(await paymentCalls[name](rig.mobilePay)).toEqual({ kind: "unknown", why });
    }
    expect(rig.platform.calls()).toEqual([]);
  });
});

describe("a refusal that may be the echo of our own request", () => {
  const events = (key: string) => json(200, [{ reference, name: "REFUNDED", success: true, idempotencyKey: key }]);

  test("a create whose reference exists is ours when the amount is; its landing page is no code for the screen", async () => {
    const redirectUrl = "https://landing.vipps.no?token=1";
    rig.platform.answer(
      problem(409, 4150),
      json(200, { ...paymentBody(reference, { state: "CREATED" }), redirectUrl }),
    );
    expect(await paymentCalls.create(rig.mobilePay)).toEqual({
      kind: "ok",
      value: { reference },
    });
  });

  test("a create whose reference has another amount or currency is refused, and somebody is called", async () => {
    for (const values of [{ value: 4991 }, { currency: "EUR" }]) {
      rig.platform.answer(problem(409, 4150), json(200, paymentBody(reference, values)));
      expect(await paymentCalls.create(rig.mobilePay)).toMatchObject({ kind: "refused", mobilePayCode: 4150 });
    }
    expect(rig.records.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  test.each([
    ["not there after all", problem(404, 5090), "nonsense"],
    ["not to be had", reset, "unreachable"],
  ])("a create whose reference exists is not known when the payment is %s", async (_name, answer, why) => {
    rig.platform.answer(problem(409, 4150), answer);
    expect(await paymentCalls.create(rig.mobilePay)).toEqual({ kind: "unknown", why });
  });

  test.each([4010, 6170, 6090])("a capture refused with %i is done when the sums show it", async (code) => {
    rig.platform.answer(problem(400, code), json(200, paymentBody(reference, { captured: 4990 })));
    expect(await paymentCalls.capture(rig.mobilePay)).toMatchObject({ kind: "ok", value: { captured: 4990 } });
    rig.platform.answer(problem(400, code), json(200, paymentBody(reference)));
    expect(await paymentCalls.capture(rig.mobilePay)).toMatchObject({ kind: "refused", mobilePayCode: code });
    rig.platform.answer(problem(400, code), reset);
    expect(await paymentCalls.capture(rig.mobilePay)).toMatchObject({ kind: "unknown" });
  });

  test.each([4150, 6150, 6180])("a refund refused with %i is done when the event log shows its key", async (code) => {
    const refunded = json(200, paymentBody(reference, { captured: 4990, refunded: 4990 }));
    rig.platform.answer(problem(400, code), events("refund-key-1"), refunded);
    expect(await paymentCalls.refund(rig.mobilePay)).toMatchObject({ kind: "ok", value: { refunded: 4990 } });
    rig.platform.answer(problem(400, code), events("another-key"));
    expect(await paymentCalls.refund(rig.mobilePay)).toMatchObject({ kind: "refused", mobilePayCode: code });
    rig.platform.answer(problem(400, code), problem(404, 5090));
    expect(await paymentCalls.refund(rig.mobilePay)).toEqual({ kind: "unknown", why: "nonsense" });
  });
});

test("a 200 to a capture that captured nothing is not believed", async () => {
  rig.platform.answer(json(200, paymentBody(reference)));
  expect(await paymentCalls.capture(rig.mobilePay)).toEqual({ kind: "unknown", why: "nonsense" });
  expect(rig.records.at(-1)).toMatchObject({ level: "error", fields: { operation: "capture", reference } });
});

test("a success that is called problem+json is a success", async () => {
  const headers = { "content-type": "application/problem+json" };
  rig.platform.answer(json(200, paymentBody(reference, { captured: 4990 }), headers));
  expect(await paymentCalls.capture(rig.mobilePay)).toMatchObject({ kind: "ok" });
});

test("a failure is logged with what helps to find it, and with no secret and nobody's number", async () => {
  const quoting = {
    title: "4512345678 canary-client-secret",
    status: 400,
    traceId: "00-trace-01",
    extraDetails: [
      { name: "ErrorCode", reason: "7010" },
      { name: "customer.phoneNumber", reason: "4512345678 canary-token-1" },
    ],
  };
  for (const answer of [
    json(400, quoting),
    text(400, "4512345678 canary-token-1"),
    reset,
    problem(401),
    json(200, quoting),
  ]) {
    rig.platform.answer(answer);
    for (const name of paymentCallNames) await paymentCalls[name](rig.mobilePay);
  }
  rig.platform.answerToken(json(400, quoting));
  for (const name of paymentCallNames) await paymentCalls[name](rig.mobilePay);
  expect(rig.records[0]).toEqual({
    level: "warn",
    message: "MobilePay call failed",
    fields: {
      operation: "create",
      reference,
      outcome: "no",
      status: 400,
      codes: [7010],
      fields: ["customer.phoneNumber"],
      traceId: "00-trace-01",
    },
  });
  const everything = JSON.stringify(rig.records);
  for (const secret of ["canary-", "4512345678", "Bearer", "modificationAmount"])
    expect(everything).not.toContain(secret);
});

test("what MobilePay says of a field reaches the page, without what it quotes of the customer", async () => {
  const details = [
    { name: "receipt.orderLines[0].totalTaxAmount", reason: "Must be total amount minus total amount excluding tax." },
    { name: "customer.phoneNumber", reason: "4512345678 of canary-token-0123456789-0123456789 is not in use." },
  ];
  rig.platform.answer(json(400, { title: "Bad Request", status: 400, extraDetails: details }));
  const refused = await paymentCalls.create(rig.mobilePay);
  expect(refused).toMatchObject({
    failure: {
      code: "MOBILEPAY_REFUSED",
      reason:
        "receipt.orderLines[0].totalTaxAmount: Must be total amount minus total amount excluding tax.; customer.phoneNumber: … of … is not in use.",
    },
  });
  expect(await paymentCalls.refund(rig.mobilePay)).toMatchObject({ failure: { code: "REFUND_REFUSED" } });
  expect(JSON.stringify(rig.records)).not.toContain("total amount");
});
