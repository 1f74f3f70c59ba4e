import { describe, expect, test } from "vitest";
import { failureOf, publishedErrors, reactionTo } from "../../daemon/mobilepay/errors.ts";
import { publishedErrors as simulated } from "../../daemon/devkit/simulator/platform/errors.ts";
import { languages } from "../../daemon/protocol/words/languages.ts";
import { sayError } from "../../daemon/protocol/words/words.ts";
import { errorTable } from "../../daemon/protocol/errors.ts";

/** The platform's list of ePayment error codes, as published. */
const published = `
  3010
  4010 4020 4040 4050 4060 4070 4080 4090 4100 4110 4120 4130 4140 4150 4160
  5010 5020 5030 5040 5050 5060 5070 5080 5090 5100
  6010 6020 6030 6040 6050 6060 6070 6080 6090 6100 6110 6120 6130 6140 6150 6160 6170 6180 6190 6200 6210 6220 6230
  6250 6260 6280
  7010
  10010 10020 10030 10040 10050 10060 10070
`
  .trim()
  .split(/\s+/)
  .map(Number);

describe("MobilePay's error codes", () => {
  test("every published code has its row, and no other has", () => {
    expect(Object.keys(publishedErrors).map(Number).toSorted(byNumber)).toEqual(published.toSorted(byNumber));
  });

  test("the simulator can answer every one of them", () => {
    expect(Object.keys(simulated).map(Number).toSorted(byNumber)).toEqual(published.toSorted(byNumber));
  });

  const everywhere = published.flatMap((code) =>
    (["create", "capture", "refund"] as const).map((it) => [code, it] as const),
  );

  test.each(everywhere)(
    "%i tells the cashier what happened and what to do, under a name of ours: %s",
    (code, operation) => {
      const { message, hint, code: name, mobilePayCode } = failureOf(code, operation);
      expect(message).toMatch(/^[A-Z].{10,80}\.$/);
      expect(hint).toMatch(/^[A-Z].{10,120}\.$/);
      expect(Object.keys(errorTable)).toContain(name);
      expect(mobilePayCode).toBe(String(code));
    },
  );

  test("nobody is told that the customer's number is wrong: there are other reasons", () => {
    expect(failureOf(7010, "create").message).not.toMatch(/number/);
  });

  test.each([...published, 9999, undefined])(
    "a refund that is refused (%s) never says to ask for another way to pay",
    (code) => {
      const { code: name, message, hint } = failureOf(code, "refund");
      const said = [message, hint, ...languages.map((language) => sayError({ code: name }, language))].join(" ");
      expect(said).not.toMatch(
        /way to pay|another payment method|take this sale|betalingsmåde|betalingsmåte|betalsätt|maksutapa/i,
      );
    },
  );

  test.each([
    [4060, "create", "CUSTOMER_CODE_INVALID"],
    [4070, "create", "PHONE_NUMBER_INVALID"],
    [5070, "create", "MOBILEPAY_REFUSED"],
    [5080, "create", "PUSH_NOT_ALLOWED"],
    [6210, "refund", "REFUND_REFUSED"],
    [6220, "refund", "REFUND_TOO_LATE"],
    [7010, "create", "CUSTOMER_UNAVAILABLE"],
    [4040, "create", "AMOUNT_OUT_OF_RANGE"],
    [4040, "refund", "REFUND_REFUSED"],
    [6150, "refund", "REFUND_EXCEEDS"],
  ] as const)("%i to a %s is %s", (code, operation, name) => {
    expect(failureOf(code, operation).code).toBe(name);
  });

  test("a code that is not in the table is a refusal with general advice", () => {
    expect(reactionTo(9999, "capture")).toBe("refused");
    expect(failureOf(9999, "create")).toMatchObject({ code: "MOBILEPAY_REFUSED", mobilePayCode: "9999" });
  });

  test("only these codes ask to wait: what they say will pass by itself", () => {
    expect(published.filter((code) => reactionTo(code, "capture") === "wait")).toEqual([3010, 6160, 6250, 6280]);
  });

  test("only these codes may be the echo of a request that went through, and are checked before they are believed", () => {
    const echoes = published.filter((code) => reactionTo(code, "refund") === "askFirst");
    expect(echoes).toEqual([4010, 4020, 4150, 6090, 6150, 6170, 6180, 6200, 6210, 6230]);
  });

  test("a payment that is not there is not found by those who look or cancel, and refused to those who move money", () => {
    expect(["look", "cancel", "events"].map((operation) => reactionTo(5090, operation as "look"))).toEqual(
      Array(3).fill("notFound"),
    );
    expect(["create", "capture", "refund"].map((operation) => reactionTo(5090, operation as "create"))).toEqual(
      Array(3).fill("refused"),
    );
  });
});

function byNumber(a: number, b: number): number {
  return a - b;
}
