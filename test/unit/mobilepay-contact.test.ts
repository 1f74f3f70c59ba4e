import { describe, expect, test } from "vitest";
import { checkedBaseUrl } from "../../daemon/mobilepay/base-url.ts";
import { clockSkewSeconds, createContact } from "../../daemon/mobilepay/contact.ts";
import { realWorld } from "../../daemon/world.ts";

const nowMs = Date.UTC(2026, 0, 5, 9, 0, 0);
const dated = (ms: number) => new Date(ms).toUTCString();

describe("the clock's skew", () => {
  test.each([
    ["the same time", nowMs, 0],
    ["an hour behind us", nowMs - 3_600_000, 3600],
    ["two minutes ahead of us", nowMs + 120_000, -120],
  ])("is told from an answer dated %s", (_name, theirsMs, expected) => {
    expect(Math.abs((clockSkewSeconds(dated(theirsMs), nowMs, 100) ?? Number.NaN) - expected)).toBeLessThanOrEqual(1);
  });

  test("is not told from an answer that was long under way, or has no date", () => {
    expect(clockSkewSeconds(dated(nowMs), nowMs, 2001)).toBeUndefined();
    expect(clockSkewSeconds(undefined, nowMs, 10)).toBeUndefined();
    expect(clockSkewSeconds("yesterday", nowMs, 10)).toBeUndefined();
  });
});

describe("the line to MobilePay", () => {
  const answered = { kind: "answered", status: 200, text: "", date: dated(nowMs) } as const;
  const contact = () => createContact({ ...realWorld(), now: () => nowMs });

  test("is unknown before the first call", () => {
    expect(contact().health()).toEqual({ state: "unknown" });
  });

  test("keeps the time of the last answer when it breaks", () => {
    const line = contact();
    line.note(answered, true, 10);
    expect(line.health()).toMatchObject({ state: "reachable", lastAnswerAt: "2026-01-05T09:00:00.000Z" });
    line.note({ kind: "silent", cause: "ECONNRESET" }, false, 10);
    expect(line.health()).toMatchObject({ state: "unreachable", lastAnswerAt: "2026-01-05T09:00:00.000Z" });
  });
});

describe("the platform's address", () => {
  test.each([
    ["https://api.vipps.no", "https://api.vipps.no"],
    ["https://api.vipps.no/", "https://api.vipps.no"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://localhost:8080/base/", "http://localhost:8080/base"],
    ["http://[::1]:8080", "http://[::1]:8080"],
  ])("may be %s", (text, expected) => {
    expect(checkedBaseUrl(text)).toBe(expected);
  });

  test.each([
    "http://api.vipps.no",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://10.0.0.1",
    "ftp://api.vipps.no",
    "https://user:secret@api.vipps.no",
    "https://api.vipps.no/?x=1",
    "api.vipps.no",
    "",
  ])("may not be %j", (text) => {
    expect(() => checkedBaseUrl(text)).toThrow(/^mobilepay\.baseUrl must be/);
  });
});
