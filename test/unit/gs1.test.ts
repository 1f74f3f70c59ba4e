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
    [`253400638133393112345`, { "253": "400638133393112345" }],
    [`800304006381333931A1`, { "8003": "04006381333931A1" }],
    [`8006950123456789030102`, { "8006": "950123456789030102" }],
    [`11210200`, { "11": "210200" }],
    [`11240229`, { "11": "240229" }],
    [`7007251231`, { "7007": "251231" }],
    [`7007251231260131`, { "7007": "251231260131" }],
    [`4330001000-`, { "4330": "001000-" }],
    [`8008251231235959`, { "8008": "251231235959" }],
    [`10A${GS}10A`, { "10": "A" }],
    [`91%&/()=?`, { "91": "%&/()=?" }],
  ])("%j has the fields that stand in it", (data, fields) => {
    expect(parseGs1(data)).toEqual(fields);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a field of set length that is too short", "019501234567890"],
    ["a wrong check digit", "0195012345678904"],
    ["an identifier without a value", "10"],
    ["a field with two values", `10A${GS}10B`],
    ["a separator within a field of set length", `0195012${GS}345678903`],
    ["a batch of 22 characters: a separator was lost", "01108573260055401722081110A2021121092220084115197"],
    ["dates in the 29th month", "021072911172405310100693570007182"],
    ["a date of no month", "11210013"],
    ["the 30th of February", "17260230"],
    ["the 29th of February in a year that has none", "17250229"],
    ["a first freeze date without a day", "7006251200"],
    ["an hour of no day", "70032512312460"],
    ["an identifier that GS1 has not given", "0595012345678903"],
    ["an identifier that GS1 has taken back", "18251231"],
    ["letters where digits stand", "37A"],
    ["a bar for the separator", "10ABC|2112345"],
    ["a caret and a bracket for the separator", "10ABC^]2112345"],
    ["the separator in words", "10ABC<GS>2112345"],
    ["the separator in other words", "10ABC<FNC1>2112345"],
    ["a space for the separator", "10ABC 2112345"],
    ["brackets for people", "(01)95012345678903"],
    ["more decimal places than there are", "3106001234"],
    ["a card number with a wrong check digit", "8018123456789012345678"],
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
