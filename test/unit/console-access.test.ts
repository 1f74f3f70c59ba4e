import { describe, expect, test } from "vitest";
import {
  closeConsole,
  consoleMsMax,
  expireConsoles,
  findConsole,
  offerConsole,
  openConsole,
} from "../../daemon/server/access/console-access.ts";
import { accessRecord, emptyRecord } from "../../daemon/server/access/record.ts";
import { hashOf } from "../../daemon/server/access/secrets.ts";

const now = Date.UTC(2026, 0, 5);
const minuteMs = 60_000;
const code = "12345678";
const opened = { id: "console-1", tokenHash: hashOf("token-1") };
const offered = offerConsole(emptyRecord, "offer-1", code, now);

describe("a code for the console", () => {
  test("opens it, typed as it is read, and stands in the record as a hash only", () => {
    expect(JSON.stringify(offered)).not.toContain(code);
    const { record, answer } = openConsole(offered, "1234 5678", opened, now + minuteMs);
    expect(answer).toEqual({ outcome: "opened" });
    expect(findConsole(record, "token-1", now + 2 * minuteMs)?.id).toBe("console-1");
    expect(accessRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test("is good once", () => {
    const { record } = openConsole(offered, code, opened, now);
    expect(openConsole(record, code, opened, now).answer).toEqual({ outcome: "nothingOffered" });
  });

  test("is good for five minutes, and not before it was offered", () => {
    expect(openConsole(offered, code, opened, now + 5 * minuteMs).answer).toEqual({ outcome: "nothingOffered" });
    expect(openConsole(offered, code, opened, now - 1).answer).toEqual({ outcome: "nothingOffered" });
  });

  test("is void after five wrong ones, and so is the right one", () => {
    let record = offered;
    const left = [4, 3, 2, 1, 0].map((triesLeft) => {
      const tried = openConsole(record, "00000000", opened, now);
      record = tried.record;
      return [tried.answer, { outcome: "wrongCode", triesLeft }];
    });
    for (const [answer, expected] of left) expect(answer).toEqual(expected);
    expect(openConsole(record, code, opened, now).answer).toEqual({ outcome: "nothingOffered" });
  });

  test("makes the one before it void", () => {
    const again = offerConsole(offered, "offer-2", "87654321", now);
    expect(openConsole(again, code, opened, now).answer).toMatchObject({ outcome: "wrongCode" });
  });
});

describe("an open console", () => {
  const { record } = openConsole(offered, code, opened, now);

  test("is known by its token and nothing else, for twelve hours", () => {
    expect(findConsole(record, "token-2", now)).toBeUndefined();
    expect(findConsole(record, "token-1", now + consoleMsMax - 1)).toBeDefined();
    expect(findConsole(record, "token-1", now + consoleMsMax)).toBeUndefined();
    expect(expireConsoles(record, now + consoleMsMax).consoles).toEqual([]);
    expect(expireConsoles(record, now)).toBe(record);
  });

  test("is locked for good", () => {
    expect(findConsole(closeConsole(record, "console-1"), "token-1", now)).toBeUndefined();
  });

  test("is one of five at most: the oldest gives way", () => {
    let many = emptyRecord;
    for (let number = 0; number < 6; number += 1) {
      const offer = offerConsole(many, `offer-${number}`, code, now);
      many = openConsole(offer, code, { id: `c${number}`, tokenHash: hashOf(`t${number}`) }, now).record;
    }
    expect(many.consoles?.map(({ id }) => id)).toEqual(["c1", "c2", "c3", "c4", "c5"]);
  });
});
