import { describe, expect, test } from "vitest";
import { judge, readProblem, retryAfterMs } from "../../daemon/mobilepay/answers.ts";
import type { PaymentOperation } from "../../daemon/mobilepay/errors.ts";
import { refusalOf } from "../../daemon/mobilepay/refusals.ts";

const nowMs = Date.UTC(2026, 0, 5, 9, 0, 0);
const problem = (code?: number) =>
  JSON.stringify({
    title: "No",
    status: 400,
    traceId: "00-1",
    extraDetails: code ? [{ name: "ErrorCode", reason: `${code}` }] : null,
  });
const verdict = (status: number, text = problem(), headers = {}) =>
  judge({ kind: "answered", status, text, ...headers }, nowMs);

describe("what an HTTP answer says", () => {
  // Status → verdict, whatever the Content-Type: the platform serves successes as problem+json too.
  test.each([
    [[200, 201, 202, 204, 299], "success"],
    [[401], "unauthorized"],
    [[400, 402, 403, 404, 405, 406, 409, 410, 413, 415, 422, 499], "no"],
    [[100, 301, 302, 303, 307, 308], "nonsense"],
    [[408, 423, 425, 429, 500, 501, 502, 503, 504, 599], "busy"],
  ])("%j is %s", (statuses, expected) => {
    for (const status of statuses) {
      const said = verdict(status);
      expect([status, said.kind === "unknown" ? said.why : said.kind]).toEqual([status, expected]);
    }
  });

  test("silence is unreachable, and its cause is kept for the log", () => {
    expect(judge({ kind: "silent", cause: "ECONNREFUSED" }, nowMs)).toEqual({
      kind: "unknown",
      why: "unreachable",
      because: "ECONNREFUSED",
    });
  });
});

describe("what a 4xx means for a call about a payment", () => {
  const operations = ["create", "look", "events", "cancel", "capture", "refund"] as const;
  const meanings = (status: number, text: string) =>
    Object.fromEntries(operations.map((operation) => [operation, meaning(status, text, operation)]));

  test.each([
    // code or none, status, then: create look events cancel capture refund
    [undefined, 400, "refused nonsense nonsense refused refused refused"],
    [undefined, 403, "unreachable unreachable unreachable unreachable unreachable unreachable"],
    [undefined, 404, "refused notFound notFound notFound refused refused"],
    [undefined, 409, "busy busy busy busy busy busy"],
    [4010, 409, "askFirst nonsense nonsense askFirst askFirst askFirst"],
    [4150, 409, "askFirst nonsense nonsense askFirst askFirst askFirst"],
    [5080, 403, "refused nonsense nonsense refused refused refused"],
    [5090, 400, "refused notFound notFound notFound refused refused"],
    [5090, 404, "refused notFound notFound notFound refused refused"],
    [6060, 400, "refused nonsense nonsense refused refused refused"],
    [6160, 400, "busy busy busy busy busy busy"],
    [6250, 409, "busy busy busy busy busy busy"],
    [6280, 400, "busy busy busy busy busy busy"],
    [7010, 400, "refused nonsense nonsense refused refused refused"],
    [9999, 400, "refused nonsense nonsense refused refused refused"],
  ])("code %s with %i: %s", (code, status, expected) => {
    const words = expected.split(" ");
    const wanted = Object.fromEntries(operations.map((operation, index) => [operation, words[index]]));
    expect(meanings(status, problem(code))).toEqual(wanted);
  });

  test("a body that is no problem document is nobody's refusal", () => {
    for (const text of [
      "",
      "<html>",
      "{}",
      "[]",
      "null",
      '"no"',
      '{"statusCode":404,"message":"Resource not found"}',
    ]) {
      expect(Object.values(meanings(404, text))).toEqual(Array(6).fill("nonsense"));
    }
  });

  function meaning(status: number, text: string, operation: PaymentOperation): string {
    const no = verdict(status, text);
    if (no.kind !== "no") return no.kind;
    const refusal = refusalOf(no, operation);
    return refusal.kind === "unknown" ? refusal.why : refusal.kind;
  }
});

describe("a problem document", () => {
  test("gives its codes, the names of wrong fields and its trace, and what it says of them without numbers and tokens", () => {
    const text = JSON.stringify({
      title: "Customer 4512345678 is unknown",
      traceId: "00-4bf92f-01",
      extraDetails: [
        { name: "ErrorCode", reason: "4070" },
        { name: "customer.phoneNumber", reason: "4512345678 is not a number" },
        { name: "free text about 4512345678", reason: "x" },
      ],
    });
    expect(readProblem(text)).toEqual({
      codes: [4070],
      fields: ["customer.phoneNumber"],
      reason: "customer.phoneNumber: … is not a number",
      traceId: "00-4bf92f-01",
    });
  });

  test("may have null where details would be", () => {
    expect(readProblem(problem())).toEqual({ codes: [], fields: [], traceId: "00-1" });
  });

  test("of the QR API names the fields in invalidParams", () => {
    const text = JSON.stringify({
      title: "Bad",
      detail: "x",
      instance: "y",
      invalidParams: [{ name: "locationDescription", reason: "long" }],
    });
    expect(readProblem(text)).toEqual({
      codes: [],
      fields: ["locationDescription"],
      reason: "locationDescription: long",
    });
  });
});

describe("Retry-After", () => {
  const later = "Mon, 05 Jan 2026 09:00:30 GMT";
  test.each([
    ["7", Number.NaN, 7000],
    [" 0 ", Number.NaN, 0],
    ["999999", Number.NaN, 600_000],
    [later, Number.NaN, 30_000],
    // The platform's own clock is 10 s ahead of ours: by it, 20 s are left.
    [later, nowMs + 10_000, 20_000],
    ["Mon, 05 Jan 2026 08:00:00 GMT", nowMs, 0],
    ["soon", nowMs, undefined],
    ["-5", nowMs, undefined],
    ["", nowMs, undefined],
    [undefined, nowMs, undefined],
  ])("%j answered at %d is %s ms", (header, answeredAtMs, expected) => {
    expect(retryAfterMs(header, answeredAtMs, nowMs)).toBe(expected);
  });
});
