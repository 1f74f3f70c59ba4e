import { describe, expect, test } from "vitest";
import { checkInMessage, referencePrefixOf, topicsBelow } from "../../daemon/check-in/topics.ts";
import { referencesAndKeysFor, prefixOf } from "../../daemon/payments/payment/references-and-keys.ts";

const topics = topicsBelow("chain/north");

describe("a topic", () => {
  test("has one level for each thing that an access list can name", () => {
    expect(topics.checkIns("123456", "100000000000317")).toBe("chain/north/123456/check-ins/100000000000317");
    expect(topics.payments("123456", "kassa1")).toBe("chain/north/123456/payments/kassa1");
    expect(topics.presence("123456", "kassa-1")).toBe("chain/north/123456/tills/kassa-1");
    expect(topics.answers("relay")).toBe("chain/north/answers/relay");
  });

  test.each(["+", "#", "a/b", "a/#", "\u0000", "æ"])("is not widened by an id such as %j", (id) => {
    expect(topics.checkIns("123456", id)).toMatch(/^chain\/north\/123456\/check-ins\/[\w%.-]+$/);
  });
});

test.each(["till1", "kassa-1", "a-very-long-name-of-a-till"])("a payment of %s is told to that till", (tillId) => {
  expect(referencePrefixOf(referencesAndKeysFor(tillId).reference("4711-0815-abcd"))).toBe(prefixOf(tillId));
});

describe("a message", () => {
  const told = {
    customerToken: "token",
    merchantQrId: "100000000000317",
    msn: "123456",
    initiatedAt: "2026-11-23T10:45:40.3061965Z",
    sentAt: "2026-11-23T10:45:41.000Z",
  };

  test("is read as it was written", () => {
    expect(checkInMessage.read(Buffer.from(checkInMessage.write(told)))).toEqual(told);
  });

  test.each(["", "{", "null", "[]", JSON.stringify({ ...told, sentAt: undefined }), "\xff"])("%j is none", (text) => {
    expect(checkInMessage.read(Buffer.from(text, "latin1"))).toBeUndefined();
  });
});
