import { describe, expect, test } from "vitest";
import {
  type AccessRecord,
  type AccessRequest,
  addRequest,
  approveCode,
  codeHashOf,
  emptyRecord,
  findClient,
  isLocked,
  requestMsMax,
} from "../../daemon/server/access/record.ts";
import { hashOf } from "../../daemon/server/access/secrets.ts";

const start = Date.UTC(2026, 0, 5);
const yearMs = 365 * 86_400_000;

function request(id: string, code: string): AccessRequest {
  return {
    id,
    name: `page ${id}`,
    origin: "https://pos.example.com",
    codeHash: codeHashOf(id, code),
    tokenHash: hashOf(`token ${id}`),
    createdAt: start,
    expiresAt: start + requestMsMax,
  };
}

const asking: AccessRecord = { ...emptyRecord, requests: [request("a", "11111111"), request("b", "22222222")] };

function wrongCodes(record: AccessRecord, count: number, now = start): AccessRecord {
  let changed = record;
  for (let number = 0; number < count; number += 1) changed = approveCode(changed, "00000000", now).record;
  return changed;
}

describe("a code", () => {
  test("approves its own request and leaves the others", () => {
    const { record, answer } = approveCode(asking, "2222 2222", start);
    expect(answer).toMatchObject({ outcome: "approved", client: { id: "b" } });
    expect(record.requests.map((it) => it.id)).toEqual(["a"]);
    expect(record.clients.map((it) => it.id)).toEqual(["b"]);
  });

  test.each([
    ["one millisecond before its end", requestMsMax - 1, "approved"],
    ["at its end", requestMsMax, "nothingAsked"],
    ["a year later", yearMs, "nothingAsked"],
    ["a year earlier, after the clock was put back", -yearMs, "nothingAsked"],
  ])("%s: %i ms after it was shown", (_, afterMs, outcome) => {
    expect(approveCode(asking, "11111111", start + afterMs).answer).toMatchObject({ outcome });
  });

  test("that is right sets the count of wrong ones back", () => {
    const { record } = approveCode(wrongCodes(asking, 4), "11111111", start);
    expect(record.wrongCodes).toBe(0);
  });

  test("that is wrong for the fifth time ends every request and locks", () => {
    const record = wrongCodes(asking, 5);
    expect(record.requests).toEqual([]);
    expect(isLocked(record, start)).toBe(true);
    expect(addRequest(record, request("c", "33333333")).answer).toBe("locked");
    expect(approveCode(record, "11111111", start).answer).toEqual({ outcome: "locked" });
  });

  test("counts for nothing when nobody asks", () => {
    expect(approveCode(emptyRecord, "11111111", start)).toEqual({
      record: emptyRecord,
      answer: { outcome: "nothingAsked" },
    });
  });

  test.each(["", " ", "x".repeat(10_000), "1111111", "111111111"])(
    "%# that has no right form is only wrong",
    (typed) => {
      expect(approveCode(asking, typed, start).answer).toMatchObject({ outcome: "wrongCode", triesLeft: 4 });
    },
  );
});

describe("a lock", () => {
  test.each([
    ["holds for five minutes", 5 * 60_000 - 1, true],
    ["is over then", 5 * 60_000, false],
    ["does not outlast a clock that is put back by a year", -yearMs, false],
  ])("%s", (_, afterMs, locked) => {
    expect(isLocked(wrongCodes(asking, 5), start + afterMs)).toBe(locked);
  });
});

describe("at most", () => {
  test("five pages may ask at once", () => {
    let record = emptyRecord;
    const answers = ["1", "2", "3", "4", "5", "6"].map((id) => {
      const change = addRequest(record, request(id, id));
      record = change.record;
      return change.answer;
    });
    expect(answers).toEqual([...Array<string>(5).fill("added"), "tooMany"]);
  });
});

describe("a token", () => {
  const granted = approveCode(asking, "11111111", start).record;

  test.each([
    ["token a", "https://pos.example.com", true],
    ["token a", "https://pos.example.com.evil.example", false],
    ["token a", undefined, false],
    ["token b", "https://pos.example.com", false],
    ["", "https://pos.example.com", false],
    [hashOf("token a"), "https://pos.example.com", false],
  ])("%j from %s: %s", (token, origin, found) => {
    expect(findClient(granted, token, origin) !== undefined).toBe(found);
  });
});
