import { beforeEach, describe, expect, test } from "vitest";
import { type Merchant, sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;
let merchant: Merchant;

beforeEach(async () => {
  it = await simulatedPlatform();
  merchant = it.merchant;
});

const receipt = {
  orderLines: [
    {
      name: "Coffee",
      id: "1",
      totalAmount: 4990,
      totalAmountExcludingTax: 3992,
      totalTaxAmount: 998,
      taxRate: 2500,
      unitInfo: { unitPrice: 4990, quantity: "1", quantityUnit: "PCS" },
    },
  ],
  bottomLine: { currency: "DKK", posId: "till-2", receiptNumber: "000123" },
};

describe("creating a payment", () => {
  test("a push message answers the reference and no link", async () => {
    const created = await merchant.create(sale("till-0001-1", { receipt, metadata: { till: "2" } }));
    expect(created).toMatchObject({ status: 201, body: { reference: "till-0001-1" } });
    expect(created.body.redirectUrl).toBeUndefined();
    expect((await merchant.get("till-0001-1")).body).toMatchObject({
      state: "CREATED",
      amount: { currency: "DKK", value: 4990 },
      metadata: { till: "2" },
      aggregate: { authorizedAmount: { currency: "DKK", value: 0 } },
    });
  });

  test("a one-time code answers its own text when that is asked for, else the address of a picture", async () => {
    const one = { customer: undefined, userFlow: "QR" };
    const text = await merchant.create(sale("till-0001-1", { ...one, qrFormat: { format: "TEXT/TARGETURL" } }));
    const svg = await merchant.create(sale("till-0002-1", one));
    const png = await merchant.create(sale("till-0003-1", { ...one, qrFormat: { format: "IMAGE/PNG", size: 300 } }));
    expect(text.body.redirectUrl).toMatch(/^https:\/\/qr\.vipps\.no\/\w+/);
    expect(it.platform.images.parse(new URL(svg.body.redirectUrl))).toMatchObject({ format: "SVG" });
    expect(it.platform.images.parse(new URL(png.body.redirectUrl))).toMatchObject({ format: "PNG", size: 300 });
  });

  test.each([
    ["an unknown field", { posId: "2" }, ["posId"]],
    [
      "an unknown field deep inside",
      { receipt: { ...receipt, bottomLine: { currency: "DKK", till: 1 } } },
      ["receipt.bottomLine.till"],
    ],
    ["an amount with decimals", { amount: { currency: "DKK", value: 49.9 } }, ["amount.value"]],
    ["an amount over the limit", { amount: { currency: "DKK", value: 65_000_001 } }, ["amount.value"]],
    ["a short description", { paymentDescription: "ab" }, ["paymentDescription"]],
    ["a long description", { paymentDescription: "a".repeat(101) }, ["paymentDescription"]],
    ["a reference with other characters", { reference: "till_0001_1" }, ["reference"]],
    ["a short reference", { reference: "till-01" }, ["reference"]],
    ["a phone number with a plus", { customer: { phoneNumber: "+4500000001" } }, ["customer.phoneNumber"]],
    ["two ways to find the customer", { customer: { phoneNumber: "4500000001", customerToken: "x" } }, ["customer"]],
    ["no way to find the customer", { customer: {} }, ["customer"]],
    ["no amount", { amount: undefined }, ["amount"]],
    ["a tiny picture", { userFlow: "QR", qrFormat: { format: "IMAGE/PNG", size: 99 } }, ["qrFormat.size"]],
    [
      "a receipt line without tax",
      { receipt: { ...receipt, orderLines: [{ ...receipt.orderLines[0], taxRate: null }] } },
      ["receipt.orderLines.0"],
    ],
    ["no receipt lines", { receipt: { ...receipt, orderLines: [] } }, ["receipt.orderLines"]],
  ])("refuses %s with 400 and the name of the field", async (_what, change, fields) => {
    const refused = await merchant.create({ ...sale("till-0001-1"), ...change });
    expect(refused).toMatchObject({ status: 400, code: undefined, fields });
  });

  const far = new Date(Date.UTC(2026, 5, 1)).toISOString();
  test.each([
    [4050, 400, { customer: { customerToken: "made-up" } }],
    [4060, 400, { customer: { personalQr: "https://qr.vipps.no/p/nobody" } }],
    [4070, 400, { customer: { phoneNumber: "1500000001" } }],
    [4080, 400, { profile: { scope: "name shoeSize" } }],
    [4090, 400, { receiptUrl: "http://example.com/receipt" }],
    [4100, 400, { metadata: { a: "1", b: "1", c: "1", d: "1", e: "1", f: "1" } }],
    [4120, 400, { metadata: { ["k".repeat(101)]: "1" } }],
    [4130, 400, { metadata: { a: "v".repeat(501) } }],
    [4140, 400, { customer: undefined }],
    [4140, 400, { userFlow: "WEB_REDIRECT" }],
    [4160, 400, { paymentMethod: { type: "CARD" } }],
    [5020, 403, { shipping: {} }],
    [5030, 403, { profile: { scope: "nin" } }],
    [5040, 400, { amount: { currency: "NOK", value: 4990 } }],
    [5050, 403, { expiresAt: far, receipt }],
    [6010, 400, { amount: { currency: "DKK", value: 0 } }],
    [7010, 400, { customer: { phoneNumber: "4599999999" } }],
    [7010, 400, { customer: { phoneNumber: "4500000003" }, minimumUserAge: 18 }],
  ])("answers %i (HTTP %i) to %j", async (code, status, change) => {
    expect(await merchant.create({ ...sale("till-0001-1"), ...change })).toMatchObject({ status, code });
  });

  test("refuses a reference that is taken with 409 and 4150, also when the payment has ended", async () => {
    await merchant.create(sale("till-0001-1"));
    await merchant.cancel("till-0001-1");
    expect(await merchant.create(sale("till-0001-1"))).toMatchObject({ status: 409, code: 4150 });
  });

  test("needs approval of the sales unit for push messages", async () => {
    const other = await simulatedPlatform({ features: { pushMessage: false } });
    expect(await other.merchant.create(sale("till-0001-1"))).toMatchObject({ status: 403, code: 5080 });
    const code = sale("till-0001-1", { customer: undefined, userFlow: "QR" });
    expect((await other.merchant.create(code)).status).toBe(201);
  });

  test("takes 1 øre in Denmark and no less than 1 krone in Norway", async () => {
    const amount = (currency: string, value: number) => ({ amount: { currency, value } });
    expect((await merchant.create(sale("till-0001-1", amount("DKK", 1)))).status).toBe(201);
    const norway = await simulatedPlatform({ currency: "NOK" });
    const asked = { customer: { phoneNumber: "4700000001" } };
    expect(await norway.merchant.create(sale("till-0001-1", { ...amount("NOK", 99), ...asked }))).toMatchObject({
      code: 6010,
    });
    expect((await norway.merchant.create(sale("till-0002-1", { ...amount("NOK", 100), ...asked }))).status).toBe(201);
    const blocked = {
      ...amount("NOK", 100),
      ...asked,
      paymentMethod: { type: "WALLET", blockedSources: ["COMMERCIAL_CARDS"] },
    };
    expect(await norway.merchant.create(sale("till-0003-1", blocked))).toMatchObject({ code: 5010 });
  });

  test("lets a unit with long-living payments choose the end, within bounds and with a receipt", async () => {
    const long = await simulatedPlatform({ features: { longLiving: true } });
    const inMinutes = (minutes: number) => new Date(long.clock.now() + minutes * 60_000).toISOString();
    const create = (reference: string, more: object) => long.merchant.create(sale(reference, { ...more }));
    expect(await create("till-0001-1", { expiresAt: inMinutes(10), receipt })).toMatchObject({ code: 6120 });
    expect(await create("till-0002-1", { expiresAt: inMinutes(61 * 24 * 60), receipt })).toMatchObject({ code: 6110 });
    expect(await create("till-0003-1", { expiresAt: inMinutes(60) })).toMatchObject({ code: 6130 });
    expect((await create("till-0004-1", { expiresAt: inMinutes(60), receipt })).status).toBe(201);
    long.clock.advance(59 * 60_000);
    await long.merchant.authorize();
    expect((await long.merchant.get("till-0004-1")).body.state).toBe("CREATED");
  });
});

describe("keys and headers", () => {
  test.each([
    ["no subscription key", { "ocp-apim-subscription-key": undefined }, 401],
    ["a wrong subscription key", { "ocp-apim-subscription-key": "other" }, 401],
    ["no token", { authorization: undefined }, 401],
    ["a made-up token", { authorization: "Bearer made-up" }, 401],
    ["no merchant serial number", { "merchant-serial-number": undefined }, 400],
    ["a merchant serial number with letters", { "merchant-serial-number": "12a456" }, 400],
    ["another shop's merchant serial number", { "merchant-serial-number": "654321" }, 403],
    ["a long system name", { "vipps-system-name": "a".repeat(31) }, 400],
    ["no idempotency key", { "idempotency-key": undefined }, 400],
    ["a long idempotency key", { "idempotency-key": "k".repeat(51) }, 400],
  ])("%s is refused", async (_what, headers, status) => {
    expect((await merchant.create(sale("till-0001-1"), { headers })).status).toBe(status);
    expect(it.platform.payments.all()).toEqual([]);
  });

  test("the word Bearer is part of the token", async () => {
    const [request] = [{ method: "GET", path: "/epayment/v1/payments/till-0001-1", body: "" }];
    const token = it.platform.tokens.issue(it.clock.now(), 60)["access_token"] ?? "";
    const keys = it.platform.unit.credentials;
    const headers = {
      "ocp-apim-subscription-key": keys.subscriptionKey,
      "merchant-serial-number": keys.merchantSerialNumber,
    };
    const status = (authorization: string) =>
      it.api.answer({ ...request, headers: { ...headers, authorization } }).status;
    expect([status(token), status(`Bearer ${token}`)]).toEqual([401, 404]);
  });

  test("a token ends after its life, and several live side by side", async () => {
    await merchant.create(sale("till-0001-1"));
    it.clock.advance(3_599_000);
    expect((await merchant.get("till-0001-1")).status).toBe(200);
    it.clock.advance(1_000);
    expect((await merchant.get("till-0001-1")).status).toBe(401);
    await merchant.authorize();
    expect((await merchant.get("till-0001-1")).status).toBe(200);
  });

  test("every value of a token's answer is text, and the token is long", async () => {
    const { body } = await merchant.authorize();
    expect(Object.values(body).every((value) => typeof value === "string")).toBe(true);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: "3600" });
    expect(body.access_token.length).toBeGreaterThan(1000);
  });

  test("a wrong client secret gets no token", async () => {
    expect((await merchant.authorize({ headers: { client_secret: "other" } })).status).toBe(401);
    expect((await merchant.authorize({ headers: { client_secret: undefined } })).status).toBe(400);
  });

  test("a payment asked for with another shop's number is not found: 5090", async () => {
    await merchant.create(sale("till-0001-1"));
    const other = { headers: { "merchant-serial-number": "654321" } };
    expect(await merchant.get("till-0001-1", other)).toMatchObject({ status: 404, code: 5090 });
    expect(await merchant.get("till-9999-1")).toMatchObject({ status: 404, code: 5090 });
  });

  test("the sales unit tells what it may do", async () => {
    const path = (msn: string) => `/management/v1/sales-units/${msn}`;
    const { body } = await merchant.call("salesUnit", "GET", path("123456"));
    expect(body.configuration).toMatchObject({ captureType: "ReserveCapture", skipLandingPageAllowed: true });
    expect((await merchant.call("salesUnit", "GET", path("654321"))).status).toBe(404);
  });
});
