import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../daemon/redact/redact.ts";

const secret = "Xq7-canary-secret/+&=";
const redactor = createRedactor([secret, "short"]);
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl";
const random = "9fKq2LmZp0Xv7RtYb3NcWd8Hs6GjAe1Q4uTiO5yVxB_";

/** What a log would hold: text and fields as one string. */
function written(value: unknown): string {
  return JSON.stringify(redactor.fields({ value })) + redactor.text(typeof value === "string" ? value : "");
}

describe("nothing that gives access is written", () => {
  const canaries: [string, unknown, string][] = [
    ["a configured secret", `refused with ${secret}.`, "canary"],
    ["a configured secret in a URL", `?x=${encodeURIComponent(secret)}`, "canary"],
    ["a configured secret in JSON in JSON", JSON.stringify(JSON.stringify({ a: secret })), "canary"],
    ["a configured secret in base64", Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("base64")],
    ["a bearer token", "Authorization: Bearer abcdefgh12345", "abcdefgh"],
    ["an Authorization header of another kind", 'authorization: HMAC-SHA256 SignedHeaders=x&Signature="Zm9v"', "Zm9v"],
    ["a cookie", "Cookie: a=canary; b=canary", "canary"],
    ["a JWT", `got ${jwt}`, "eyJ"],
    ["a JWT in a URL", `wss://x/?t=${jwt}&u=1`, "eyJ"],
    ["a token of ours", `hello with ${random}`, random],
    ["a field named token", { customerToken: "canary" }, "canary"],
    ["a field named like a header", { "Ocp-Apim-Subscription-Key": "canary" }, "canary"],
    ["a field deep inside", { a: [{ b: { client_secret: "canary" } }] }, "canary"],
    ["a token in a request's body", '{"customer":{"customerToken":"canary"}}', "canary"],
    ["a token in a body inside a body", JSON.stringify({ body: '{"customerToken":"canary"}' }), "canary"],
    ["a token in a form", "grant=x&access_token=canary&y=1", "canary"],
    ["a token in a list", { tokens: ["canary"] }, "canary"],
    [
      "an HTTP error's own fields",
      Object.assign(new Error("failed"), { config: { headers: { a: "canary" } } }),
      "canary",
    ],
    ["a secret in an error's cause", new Error("outer", { cause: new Error(`inner ${secret}`) }), "canary"],
    ["a secret in a stack", Object.assign(new Error("x"), { stack: `Error: ${secret}\n at y` }), "canary"],
  ];
  test.each(canaries)("%s", (_what, value, trace) => {
    expect(written(value)).not.toContain(trace);
  });

  test("a secret that lies across the place where a long text is cut", () => {
    for (let before = 3950; before < 4010; before += 1) {
      expect(redactor.text("x".repeat(before) + secret)).not.toContain("canary");
    }
  });
});

describe("no phone number is written", () => {
  const numbers = ["4512345678", "+4512345678", "45 12 34 56 78", "+358 40 1234567", "004791234567"];
  test.each(numbers)("%s", (number) => {
    for (const text of [
      number,
      `to ${number}.`,
      `https://qr.vipps.no/28/2/01/031/${number}?v=1`,
      `x=${number}&`,
      `{"a":"${number}"}`,
    ]) {
      expect(written(text)).not.toMatch(/\d{4}|34 56/);
    }
  });

  test("any MSISDN, wherever it stands in a text", () => {
    const around = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\w-]/g, "."));
    fc.assert(
      fc.property(around, fc.stringMatching(/^[1-9]\d{8,14}$/), around, (before, number, after) => {
        expect(redactor.text(before + number + after)).not.toContain(number);
      }),
    );
  });

  test("nor under a name that says so, in whatever form", () => {
    expect(written({ phoneNumber: 4512345678 })).not.toContain("4512345678");
  });
});

describe("what helps stays readable", () => {
  test.each([
    "payment 0192f0c1-1111-4222-8333-123456789012 is capturing",
    "2026-11-23T10:58:24.123Z",
    "MobilePay answered 409 after 12345678 ms on 127.0.0.1:8455",
    "at Server.start (file:///opt/tillbridge/dist/chunks/daemon-K3JX2A7Q.mjs:120:33)",
  ])("%s", (text) => {
    expect(redactor.text(text)).toBe(text);
  });

  test("ids that are all digits, under the names of ids", () => {
    const ids = {
      saleId: "20261123001",
      receiptNumber: "1000234567",
      tagId: "123456789012345",
      reference: "12345678901",
    };
    expect(redactor.fields(ids)).toEqual(ids);
  });

  test("an error's name, code and message", () => {
    const error = Object.assign(new Error("read failed"), { code: "EIO" });
    expect(redactor.fields({ error })).toMatchObject({ error: { name: "Error", code: "EIO", message: "read failed" } });
  });
});

describe("whatever is handed in, the result is small and can be turned into JSON", () => {
  const loop: Record<string, unknown> = { name: "loop" };
  loop["self"] = loop;
  const hostile: [string, unknown][] = [
    ["an object that holds itself", loop],
    ["an error that is its own cause", Object.defineProperty(new Error("x"), "cause", { get: () => new Error("y") })],
    ["a getter that throws", Object.defineProperty({}, "a", { enumerable: true, get: () => expect.unreachable() })],
    ["bytes", Buffer.alloc(100_000, 65)],
    ["a long list", Array.from({ length: 100_000 }, () => "x")],
    ["a long text", "x".repeat(10_000_000)],
    ["numbers without JSON", [1n, Symbol("s"), Number.NaN, () => 1]],
  ];
  test.each(hostile)("%s", (_what, value) => {
    expect(JSON.stringify(redactor.fields({ value })).length).toBeLessThan(6000);
  });
});

describe("what a page is told names no file", () => {
  test.each([
    "ENOENT: no such file or directory, open '/var/lib/my tills/journal.sqlite'",
    "cannot open /var/lib/tillbridge/journal.sqlite",
    "cannot open C:\\ProgramData\\Tillbridge\\journal.sqlite",
    'cannot open "\\\\server\\share\\journal.sqlite"',
    "at file:///opt/tillbridge/journal.sqlite:1:2",
  ])("%s", (text) => {
    expect(redactor.outside(text)).not.toMatch(/journal|var|Program|server|opt/);
  });

  test("an address stays", () => {
    expect(redactor.outside("see https://api.vipps.no/epayment/v1")).toBe("see https://api.vipps.no/epayment/v1");
  });
});
