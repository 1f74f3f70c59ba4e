import { describe, expect, test } from "vitest";
import { checkedBaseUrl } from "../../daemon/mobilepay/base-url.ts";
import { skewSeconds, createContact, type MobilePayHealth } from "../../daemon/mobilepay/contact.ts";
import { realWorld } from "../../daemon/world.ts";

const nowMs = Date.UTC(2026, 0, 5, 9, 0, 0);
const dated = (ms: number) => new Date(ms).toUTCString();

describe("the clock's skew", () => {
  test.each([
    ["the same time", nowMs, 0],
    ["an hour behind us", nowMs - 3_600_000, 3600],
    ["two minutes ahead of us", nowMs + 120_000, -120],
  ])("is told from an answer dated %s", (_name, theirsMs, expected) => {
    expect(Math.abs((skewSeconds(dated(theirsMs), nowMs, 100) ?? Number.NaN) - expected)).toBeLessThanOrEqual(1);
  });

  test("is not told from an answer that was long under way, or has no date", () => {
    expect(skewSeconds(dated(nowMs), nowMs, 2001)).toBeUndefined();
    expect(skewSeconds(undefined, nowMs, 10)).toBeUndefined();
    expect(skewSeconds("yesterday", nowMs, 10)).toBeUndefined();
  });
});

describe("the line to MobilePay", () => {
  const answered = { kind: "answered", status: 200, text: "", date: dated(nowMs) } as const;
  const isDown = { outcome: { kind: "silent", cause: "ECONNRESET" }, tookMs: 10, about: "call" } as const;
  const isUp = { outcome: answered, tookMs: 10, about: "call" } as const;
  const brokenOff = {
    code: "MOBILEPAY_UNREACHABLE",
    reason: "brokenOff",
    message: "It broke.",
    hint: "Look.",
  } as const;

  function contact() {
    const told: MobilePayHealth[] = [];
    const line = createContact({ ...realWorld(), now: () => nowMs }, (health) => void told.push(health));
    return { line, told, reasons: () => told.map(({ state, trouble }) => [state, trouble?.reason]) };
  }

  test("is unknown before the first call", () => {
    expect(contact().line.health()).toEqual({ state: "unknown" });
  });

  test("keeps the time of the last answer when it breaks", () => {
    const { line } = contact();
    line.note(isUp);
    expect(line.health()).toMatchObject({ state: "reachable", lastAnswerAt: "2026-01-05T09:00:00.000Z" });
    line.note({ ...isDown, trouble: brokenOff });
    expect(line.health()).toMatchObject({ state: "unreachable", lastAnswerAt: "2026-01-05T09:00:00.000Z" });
  });

  test("is told about when it breaks and when it is there again, and not at each call", () => {
    const { line, reasons } = contact();
    for (const noted of [isUp, isUp, { ...isDown, trouble: brokenOff }, { ...isDown, trouble: brokenOff }, isUp])
      line.note(noted);
    expect(reasons()).toEqual([
      ["reachable", undefined],
      ["unreachable", "brokenOff"],
      ["reachable", undefined],
    ]);
  });

  test("has dead keys for its trouble whatever happens to it, until a call is seen to be accepted", () => {
    const { line, reasons } = contact();
    line.note({ ...isUp, keys: "refused" });
    line.note({ ...isDown, trouble: brokenOff });
    expect(line.health()).toMatchObject({ state: "unreachable", trouble: { code: "KEYS_REFUSED" } });
    line.note({ ...isUp, about: "token", keys: "accepted" });
    line.note(isUp);
    expect(line.health()).toMatchObject({ state: "reachable", trouble: { code: "KEYS_REFUSED" } });
    line.note({ ...isUp, keys: "accepted" });
    expect(line.health()).not.toHaveProperty("trouble");
    expect(reasons()).toEqual([
      ["reachable", "keysRefused"],
      ["unreachable", "keysRefused"],
      ["reachable", "keysRefused"],
      ["reachable", undefined],
    ]);
  });

  test("takes the keys for good again when the token that was refused is given", () => {
    const { line } = contact();
    line.note({ ...isUp, about: "token", keys: "refused" });
    line.note({ ...isUp, about: "token", keys: "accepted" });
    expect(line.health()).not.toHaveProperty("trouble");
  });

  test("keeps what was found out about a trouble while that trouble lasts", () => {
    const { line } = contact();
    line.note({ ...isDown, trouble: brokenOff });
    line.explain({ ...brokenOff, message: "The router broke." });
    line.note({ ...isDown, trouble: brokenOff });
    expect(line.health().trouble?.message).toBe("The router broke.");
    line.note(isUp);
    line.explain({ ...brokenOff, message: "Too late." });
    expect(line.health()).not.toHaveProperty("trouble");
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
