import { describe, expect, test } from "vitest";
import { msisdnOf } from "../../daemon/mobilepay/phone-number.ts";
import { Shop } from "../support/shop.ts";

test.each([
  ["DKK", "20 12 34 56", "4520123456"],
  ["DKK", "20123456", "4520123456"],
  ["DKK", "+45 20 12 34 56", "4520123456"],
  ["DKK", "0045 20-12-34-56", "4520123456"],
  ["DKK", "4520123456", "4520123456"],
  ["DKK", "+358 40 123 4567", "358401234567"],
  ["DKK", "358401234567", "358401234567"],
  ["NOK", "412 34 567", "4741234567"],
  ["NOK", "0047 41234567", "4741234567"],
  ["NOK", "4741234567", "4741234567"],
  ["NOK", "+46 70-123 45 67", "46701234567"],
  ["EUR", "040 123 4567", "358401234567"],
  ["EUR", "0401234567", "358401234567"],
  ["EUR", "(0)40 1234567", "358401234567"],
  ["EUR", "+358 40 1234567", "358401234567"],
  ["EUR", "00358401234567", "358401234567"],
  ["EUR", "4520123456", "4520123456"],
  ["SEK", "070-123 45 67", "46701234567"],
  ["SEK", "0046701234567", "46701234567"],
] as const)("in a shop with %s, %j is %s", async (currency, typed, number) => {
  expect(await msisdnOf(typed, currency)).toBe(number);
});

test.each([
  ["DKK", "2012345"],
  ["DKK", "201234567"],
  ["DKK", "+45 2012345"],
  ["DKK", "call me"],
  ["DKK", "20123456 ext"],
  ["DKK", "+"],
  ["DKK", "00000000000"],
  ["NOK", "+999 12345678"],
  ["EUR", "040"],
  ["SEK", "+46 70 123 45 67 89 01 23"],
] as const)("in a shop with %s, %j is no phone number", async (currency, typed) => {
  expect(await msisdnOf(typed, currency)).toBeUndefined();
});

describe("a sale by phone number", () => {
  const by = (phoneNumber: string) => ({ customer: { by: "phone", phoneNumber } }) as const;
  const shopThatReads = () => new Shop({ msisdnOf: (typed) => msisdnOf(typed, "DKK") });

  test("asks MobilePay for the whole number, and is the same sale in whatever spelling it is repeated", async () => {
    const shop = shopThatReads();
    const sent: (string | undefined)[] = [];
    shop.onRequest = ({ operation, body }) => void (operation === "create" && sent.push(body));
    await shop.start(by("20 12 34 56"));
    for (const spelling of ["20123456", "+4520123456", "0045 20 12 34 56", "4520123456"])
      expect(await shop.start(by(spelling))).toMatchObject({ paymentId: "payment-1" });
    await shop.until("waitingForApproval");
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain('"4520123456"');
    await expect(shop.start(by("20 12 34 57"))).rejects.toMatchObject({ code: "PAYMENT_CONFLICT" });
  });

  test("with what is no number is refused before anything is kept or asked, and the number is in no word of it", async () => {
    const shop = shopThatReads();
    const refused = await shop.start(by("20 12 34 5")).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "PHONE_NUMBER_INVALID" });
    expect(JSON.stringify(refused)).not.toContain("20 12");
    expect(shop.disk.payments.size).toBe(0);
    expect(await shop.start(by("20 12 34 56"))).toMatchObject({ state: "requesting" });
  });

  test("that an earlier version took is taken up again, whatever its number", async () => {
    const number = "999999999999999";
    let isEarlier = true;
    const shop = new Shop({ msisdnOf: (typed) => (isEarlier ? Promise.resolve(typed) : msisdnOf(typed, "DKK")) });
    await shop.start(by(number));
    isEarlier = false;
    expect(await shop.start(by(number))).toMatchObject({ paymentId: "payment-1" });
  });
});
