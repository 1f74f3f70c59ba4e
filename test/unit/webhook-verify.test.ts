import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isTimely, verifyRequest } from "../../daemon/check-in/verify.ts";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";

/** The example that Vipps MobilePay has published. Its secret opens nothing. */
const published = {
  secret: "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
  url: new URL("https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63"),
  body: Buffer.from('{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}'),
  headers: {
    "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
    "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
    authorization:
      "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
  },
};
const { secret, url, body, headers } = published;

describe("a request that MobilePay has signed", () => {
  test("is recognised: the published example", () => {
    expect(verifyRequest({ headers, body }, url, [secret])).toEqual({
      sentAtMs: Date.UTC(2023, 2, 30, 8, 38, 32),
      signature: "agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
    });
  });

  test("is recognised by any of the secrets: one is new while the other still counts", () => {
    expect(verifyRequest({ headers, body }, url, ["the new one", secret])).toBeDefined();
    expect(verifyRequest({ headers, body }, url, ["the new one"])).toBeUndefined();
    expect(verifyRequest({ headers, body }, url, [])).toBeUndefined();
  });

  test("was signed with the secret's text, which is never decoded", () => {
    const decoded = {
      ...headers,
      authorization: headers.authorization.replace(/[^=]+=$/, "T3+NXHMmhNVEjW5PeJ4Gql70nf0MOXCAY9CoZDxuVQw="),
    };
    expect(verifyRequest({ headers: decoded, body }, url, [secret])).toBeUndefined();
  });

  test("counts for the address as it was registered, with port and query, whatever Host the proxy made of it", () => {
    const registered = new URL("https://till.example.com:8080/mobilepay?till=1");
    const signed = signatureHeaders(secret, { url: registered, date: headers["x-ms-date"], body: body.toString() });
    const behindProxy = { ...signed, host: "127.0.0.1:8456", "x-forwarded-host": "elsewhere.example" };
    expect(verifyRequest({ headers: behindProxy, body }, registered, [secret])).toBeDefined();
    for (const other of ["https://till.example.com/mobilepay?till=1", "https://till.example.com:8080/mobilepay"])
      expect(verifyRequest({ headers: behindProxy, body }, new URL(other), [secret])).toBeUndefined();
  });

  test("counts for the very bytes of its body, be they text or not", () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0xc3, 0x28, 0x7d]);
    const hash = createHash("sha256").update(bytes).digest("base64");
    const signed = `POST\n${url.pathname}\n${headers["x-ms-date"]};${url.host};${hash}`;
    const signature = createHmac("sha256", secret).update(signed).digest("base64");
    const authorization = headers.authorization.replace(/Signature=.*/, `Signature=${signature}`);
    const genuine = { ...headers, authorization, "x-ms-content-sha256": hash };
    expect(verifyRequest({ headers: genuine, body: bytes }, url, [secret])).toBeDefined();
    expect(verifyRequest({ headers: genuine, body: Buffer.from(bytes.toString()) }, url, [secret])).toBeUndefined();
    expect(verifyRequest({ headers, body: Buffer.concat([body, Buffer.from(" ")]) }, url, [secret])).toBeUndefined();
  });
});

describe("a request is nobody's", () => {
  const altered: [string, Record<string, string | string[] | undefined>][] = [
    ["without its hash", { "x-ms-content-sha256": undefined }],
    ["with another hash", { "x-ms-content-sha256": `${headers["x-ms-content-sha256"].slice(0, -2)}A=` }],
    ["without its date", { "x-ms-date": undefined }],
    ["with another date", { "x-ms-date": "Thu, 30 Mar 2023 08:38:33 GMT" }],
    ["with its date twice", { "x-ms-date": [headers["x-ms-date"], headers["x-ms-date"]] }],
    ["without a signature", { authorization: undefined }],
    ["with the signature alone", { authorization: headers.authorization.split("&Signature=")[1] }],
    ["with other signed headers", { authorization: headers.authorization.replace("x-ms-date;host;", "x-ms-date;") }],
    ["with a longer signature", { authorization: `${headers.authorization}=` }],
    ["with an empty signature", { authorization: headers.authorization.replace(/Signature=.*/, "Signature=") }],
    ["with another scheme", { authorization: headers.authorization.replace("HMAC-SHA256", "hmac-sha256") }],
  ];
  test.each(altered)("%s", (_what, change) => {
    expect(verifyRequest({ headers: { ...headers, ...change }, body }, url, [secret])).toBeUndefined();
  });

  test("with a date that is none, however well it is signed", () => {
    const signed = signatureHeaders(secret, { url, date: "yesterday", body: body.toString() });
    expect(verifyRequest({ headers: signed, body }, url, [secret])).toBeUndefined();
  });
});

test.each([
  [0, true],
  [300_000, true],
  [300_001, false],
])("a request dated %d ms from now, either way, is in time: %s", (ms, timely) => {
  const now = Date.UTC(2026, 10, 23);
  expect([isTimely(now - ms, now), isTimely(now + ms, now)]).toEqual([timely, timely]);
});
