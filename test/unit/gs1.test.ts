import { describe, expect, test } from "vitest";
import { hasCheckDigit, parseGs1, upcAOf } from "../../drivers/gs1.ts";

const GS = "\u001d";

describe("a GS1 label", () => {
  // The first rows are the examples of GS1 General Specifications, section 7.8.
  test.each([
    [`0195012345678903`, { "01": "95012345678903" }],
    [`01950123456789033103000123`, { "01": "95012345678903", "3103": "000123" }],
    [`10ABC123${GS}2112345`, { "10": "ABC123", "21": "12345" }],
    [`2112345${GS}10ABC123`, { "10": "ABC123", "21": "12345" }],
    [`${GS}0195012345678903`, { "01": "95012345678903" }],
    [`0195012345678903${GS}17251231`, { "01": "95012345678903", "17": "251231" }],
    [`00106141412345678908`, { "00": "106141412345678908" }],
    [`8008251231123456${GS}10L`, { "8008": "251231123456", "10": "L" }],
    [`4140012345000058`, { "414": "0012345000058" }],
    [`710DE123${GS}37012`, { "710": "DE123", "37": "012" }],
    [`253012345000017312345`, { "253": "012345000017312345" }],
  ])("%j has the fields that stand in it", (data, fields) => {
    expect(parseGs1(data)).toEqual(fields);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a field of set length that is too short", "019501234567890"],
    ["a wrong check digit", "0195012345678904"],
    ["an identifier without a value", "10"],
    ["a field twice", `10A${GS}10B`],
    ["a separator within a field of set length", `0195012${GS}345678903`],
    ["a value longer than any", `10${"x".repeat(91)}`],
    ["too many fields", Array.from({ length: 65 }, (_, index) => `${390 + index}`).join(GS)],
  ])("that is %s is not taken apart", (_, data) => {
    expect(parseGs1(data)).toBeUndefined();
  });
});

describe("the check digit", () => {
  test.each(["4006381333931", "96385074", "036000291452", "95012345678903", "106141412345678908"])(
    "of %s fits",
    (digits) => {
      expect(hasCheckDigit(digits)).toBe(true);
    },
  );

  test("of any number with one digit changed does not fit", () => {
    const good = "4006381333931";
    for (let at = 0; at < good.length; at += 1) {
      const digit = (Number(good[at]) + 1) % 10;
      expect(hasCheckDigit(`${good.slice(0, at)}${digit}${good.slice(at + 1)}`)).toBe(false);
    }
  });

  test("is asked of digits only", () => {
    for (const text of ["", "0", "4006381333931 ", "40063813339a1"]) expect(hasCheckDigit(text)).toBe(false);
  });
});

test.each([
  ["01201303", "012000000133"],
  ["04252614", "042100005264"],
  ["06543217", "065100004327"],
  ["01234531", "012300000451"],
  ["01234543", "012340000053"],
  ["01234558", "012345000058"],
  ["01234596", "012345000096"],
])("UPC-E %s stands for UPC-A %s", (upcE, upcA) => {
  expect(upcAOf(upcE)).toBe(upcA);
});
