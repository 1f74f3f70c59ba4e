import { createHash, createHmac } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { retryDelayMs } from "../../daemon/devkit/simulator/platform/delivery.ts";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import { type Merchant, sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;
let merchant: Merchant;
const path = "/webhooks/v1/webhooks";
const checkIn = "user.checked-in.v1";
const paymentEvents = ["created", "authorized", "captured", "terminated"].map((name) => `epayments.payment.${name}.v1`);

beforeEach(async () => {
  it = await simulatedPlatform();
  merchant = it.merchant;
});

const register = (url: string, events: readonly string[]) =>
  merchant.call("webhookRegister", "POST", path, { url, events });
const names = () => it.attempts.map(({ body }) => JSON.parse(body).name);

/** Lets deliveries that wait for nothing finish. */
const settle = () => it.world.pass(0);

describe("signing", () => {
  test("gives the published example", () => {
    const secret = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
    const url = new URL("https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63");
    const body = '{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}';
    expect(signatureHeaders(secret, { url, date: "Thu, 30 Mar 2023 08:38:32 GMT", body })).toEqual({
      host: "webhook.site",
      "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
      "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
      authorization:
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
    });
  });

  test("is what a receiver works out from the request and its secret", async () => {
    const { body: registration } = await register("http://127.0.0.1:8080/hook?shop=1", paymentEvents);
    await merchant.create(sale("till-0001-1"));
    await settle();
    const [attempt] = it.attempts;
    const hash = createHash("sha256")
      .update(attempt?.body ?? "")
      .digest("base64");
    const text = `POST\n/hook?shop=1\n${attempt?.headers["x-ms-date"]};127.0.0.1:8080;${hash}`;
    const signature = createHmac("sha256", registration.secret).update(text).digest("base64");
    expect(attempt?.headers["authorization"]).toContain(`&Signature=${signature}`);
  });
});

describe("registering", () => {
  test("answers the secret once; the list has none; deleting ends it", async () => {
    const { body } = await register("https://shop.example/hook", paymentEvents);
    expect(body.secret.length).toBeGreaterThan(30);
    const listed = await merchant.call("webhookList", "GET", path);
    expect(listed.body).toEqual({
      webhooks: [{ id: body.id, url: "https://shop.example/hook", events: paymentEvents }],
    });
    const remove = () => merchant.call("webhookDelete", "DELETE", `${path}/${body.id}`);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(400);
    expect((await merchant.call("webhookList", "GET", path)).body.webhooks).toEqual([]);
  });

  test("wants https, or this machine", async () => {
    expect((await register("http://shop.example/hook", [checkIn])).fields).toEqual(["url"]);
    expect((await register("http://localhost:9000/hook", [checkIn])).status).toBe(201);
  });

  test("allows 25 for a payment event and one for check-ins", async () => {
    for (let count = 0; count < 25; count += 1) {
      expect((await register(`https://shop.example/${count}`, [...paymentEvents])).status).toBe(201);
    }
    expect((await register("https://shop.example/26", paymentEvents)).status).toBe(400);
    expect((await register("https://shop.example/check-in", [checkIn])).status).toBe(201);
    expect((await register("https://shop.example/other-till", [checkIn])).status).toBe(400);
  });

  test("refuses an event that does not exist", async () => {
    expect((await register("https://shop.example/hook", ["epayments.payment.paid.v1"])).fields).toEqual(["events"]);
  });
});

describe("delivering", () => {
  test("tells what happened to a payment, in order, to those who asked for it", async () => {
    await register("https://shop.example/hook", paymentEvents);
    await merchant.create(sale("till-0001-1"), { key: "create-1" });
    it.platform.phone.approve("till-0001-1");
    await merchant.capture("till-0001-1", 4990);
    await merchant.refund("till-0001-1", 4990);
    await settle();
    expect(names()).toEqual(["CREATED", "AUTHORIZED", "CAPTURED"]);
    expect(JSON.parse(it.attempts[0]?.body ?? "")).toMatchObject({
      msn: "123456",
      reference: "till-0001-1",
      amount: { currency: "DKK", value: 4990 },
      idempotencyKey: "create-1",
      success: true,
    });
  });

  test("what is not accepted is sent again, and holds up what follows for the same payment only", async () => {
    await register("https://shop.example/hook", paymentEvents);
    it.receiver.answer = ({ body }) => (body.includes("till-0001-1") ? 500 : 200);
    await merchant.create(sale("till-0001-1"));
    it.platform.phone.approve("till-0001-1");
    await merchant.create(sale("till-0002-1"));
    await it.world.pass(1_999);
    expect(names()).toEqual(["CREATED", "CREATED"]);
    it.receiver.answer = () => 200;
    await it.world.pass(1);
    expect(names()).toEqual(["CREATED", "CREATED", "CREATED", "AUTHORIZED"]);
  });

  test("an attempt without an answer ends after ten seconds", async () => {
    await register("https://shop.example/hook", paymentEvents);
    it.receiver.answer = () => new Promise(() => {});
    await merchant.create(sale("till-0001-1"));
    await it.world.pass(11_999);
    expect(it.attempts).toHaveLength(1);
    await it.world.pass(1);
    expect(it.attempts.map(({ atMs }) => atMs)).toEqual([0, 12_000]);
  });

  test("is tried every two seconds at first, then after a minute, two minutes, hourly and daily, for seven days", async () => {
    const delays = [1, 2, 3, 4, 5, 6, 28, 29, 30].map(retryDelayMs);
    const [hour, day] = [3_600_000, 86_400_000];
    expect(delays).toEqual([2_000, 2_000, 2_000, 60_000, 120_000, hour, hour, day, day]);
    await register("https://shop.example/hook", paymentEvents);
    it.receiver.answer = () => 500;
    await merchant.create(sale("till-0001-1"));
    await it.world.pass(7 * day);
    const attempts = it.attempts.filter(({ body }) => body.includes("CREATED")).length;
    await it.world.pass(3 * day);
    expect(it.attempts.filter(({ body }) => body.includes("CREATED"))).toHaveLength(attempts);
    expect(attempts).toBeGreaterThan(29);
  });

  test("stops when the registration is deleted", async () => {
    const { body } = await register("https://shop.example/hook", paymentEvents);
    it.receiver.answer = () => 500;
    await merchant.create(sale("till-0001-1"));
    await settle();
    await merchant.call("webhookDelete", "DELETE", `${path}/${body.id}`);
    await it.world.pass(100_000);
    expect(it.attempts).toHaveLength(1);
  });

  test("a registration that nothing has reached for two weeks is deleted", async () => {
    await register("https://shop.example/hook", paymentEvents);
    it.receiver.answer = () => 500;
    await merchant.create(sale("till-0001-1"));
    await it.world.pass(8 * 86_400_000);
    await merchant.authorize();
    await merchant.create(sale("till-0002-1"));
    await it.world.pass(5 * 86_400_000);
    expect(it.platform.webhooks.list()).toHaveLength(1);
    await it.world.pass(2 * 86_400_000);
    expect(it.platform.webhooks.list()).toEqual([]);
  });

  test.each([
    ["duplicatedWebhook", [0, 0]],
    ["lostBefore", [2_000]],
    ["lostAfter", [0, 2_000]],
  ] as const)("a planned %s shows in when it comes", async (kind, times) => {
    await register("https://shop.example/hook", paymentEvents);
    it.faults.plan({ operation: "webhook", fault: { kind } });
    await merchant.create(sale("till-0001-1"));
    await it.world.pass(5_000);
    expect(it.attempts.map(({ atMs }) => atMs)).toEqual(times);
  });
});

describe("check-ins", () => {
  beforeEach(() => it.platform.merchantQrs.put("123456", "till-1", "Kasse 1"));

  test("are sent to the one receiver, and its answer decides what the app shows", async () => {
    await register("https://shop.example/hook", [checkIn]);
    const good = await it.platform.phone.scanTag("till-1");
    it.receiver.answer = () => 503;
    const bad = await it.platform.phone.scanTag("till-1");
    expect([good.shown, bad.shown]).toEqual(["connected", "cannotConnect"]);
    expect(Object.keys(JSON.parse(it.attempts[0]?.body ?? ""))).toEqual([
      "customerToken",
      "merchantQrId",
      "msn",
      "initiatedAt",
    ]);
  });

  test("without a receiver the app cannot connect", async () => {
    expect((await it.platform.phone.scanTag("till-1")).shown).toBe("cannotConnect");
  });
});
