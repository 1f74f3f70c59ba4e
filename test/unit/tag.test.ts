import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inWords, meaningOf, presentable, recognise } from "../../daemon/pairing/tag.ts";

const guid = "3f2a9c1e-0b7d-4c55-9a11-0123456789ab";

describe("recognise", () => {
  it.each([
    ["mobilepaypos://pos?id=123456789012345&source=qr", "123456789012345"],
    ["mobilepaypos://pos?source=qr&id=123456789012345", "123456789012345"],
    ["MobilePayPOS://POS?source=qr&ID=123456789012345", "123456789012345"],
    ["mobilepaypos://pos/?id=123456789012345", "123456789012345"],
    [`mobilepaypos://pos?id=${guid.toUpperCase()}&source=qr`, guid],
    ["  mobilepaypos://pos?id=123456789012345\r\n", "123456789012345"],
  ])("takes %j for an old sticker", (text, beaconId) => {
    expect(recognise(text)).toEqual({ kind: "sticker", beaconId });
  });

  it.each([
    ["123456789012345", "123456789012345"],
    ["12345 67890 12345", "123456789012345"],
    ["123-456-789-012-345", "123456789012345"],
    [guid, guid],
    [` ${guid.toUpperCase()} `, guid],
  ])("takes %j for the id printed on a sticker", (text, beaconId) => {
    expect(recognise(text)).toEqual({ kind: "printedId", beaconId });
  });

  it.each(["https://qr.vipps.no/mc/AbC123?x=1", "HTTPS://QR.VIPPS.NO/Q1W2E3", "https://qr-mt.vipps.no/abc"])(
    "leaves %j to MobilePay to tell",
    (content) => {
      expect(recognise(content)).toEqual({ kind: "callback", content });
    },
  );

  it.each([
    "https://qr.vipps.no/p/abcDEF",
    "HTTPS://QR.VIPPS.NO/P/ABC",
    "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
  ])("takes %j for a customer's code", (content) => {
    expect(recognise(content)).toEqual({ kind: "customerCode", content });
  });

  it.each([
    "https://qr.vipps.no/28/2/05/031/12345",
    "https://qr.vipps.no/vp/12345",
    "https://qr.vipps.no/r/abc",
    "https://qr.mobilepay.dk/box/3f2a9c1e-0b7d-4c55-9a11-0123456789ab/pay-in",
    "https://www.mobilepay.dk/",
    "https://pay.vipps.dk/x",
    "mobilepaypos://pos?source=qr",
    "mobilepaypos://other?id=123456789012345",
    "mobilepay://send?amount=1",
  ])("takes %j for a code of MobilePay's that no till can use", (text) => {
    expect(recognise(text).kind).toBe("otherMobilePay");
  });

  it.each([
    "//qr.vipps.no/p/token",
    "qr.vipps.no/28/2/01/031/4791234567",
    "1https://qr.vipps.no/p/token",
    "https>&&qr.vipps.no&p&token",
    "mobilepaypos//pos?id=123456789012345",
  ])("takes %j, which was not read whole, for no article", (text) => {
    expect(recognise(text)).toEqual({ kind: "otherMobilePay", what: "a MobilePay code that was not read whole" });
  });

  it.each([
    "5701234567899",
    "96385074",
    "012345678905",
    "ABC-123",
    "Æble 3",
    "0109506000134352\u001d17251231",
    "https://id.gs1.org/01/09506000134352",
  ])("takes %j for an article", (text) => {
    expect(recognise(text)).toEqual({ kind: "product" });
  });

  it.each([
    "",
    "   ",
    "https://example.com/",
    "https://qr.vipps.no@example.com/p/x",
    "https://qr.vipps.no.example.com/p/x",
    "https://qr.vipps.no/",
    "WIFI:S:shop;;",
    "tel:+4712345678",
    "a\u0000b",
    "x".repeat(600),
  ])("does not pretend to know %j", (text) => {
    expect(recognise(text)).toEqual({ kind: "unknown" });
  });

  it("answers for any text, and calls nothing of MobilePay's a product", () => {
    const start = fc.constantFrom(
      "",
      "mobilepaypos://",
      "https://qr.vipps.no/",
      "https://qr.mobilepay.dk/",
      "vipps://",
    );
    fc.assert(
      fc.property(start, fc.string({ unit: "binary", maxLength: 80 }), (prefix, rest) => {
        const scanned = recognise(prefix + rest);
        expect(inWords(scanned)).not.toBe("");
        if (prefix !== "" && URL.parse(prefix + rest)?.host === URL.parse(prefix)?.host)
          expect(meaningOf(scanned)).not.toBe("product");
      }),
    );
  });
});

describe("meaningOf", () => {
  it.each([
    ["mobilepaypos://pos?id=123456789012345", "tillTag"],
    [guid, "tillTag"],
    ["https://qr.vipps.no/mc/1", "tillTag"],
    ["https://qr.vipps.no/p/1", "customerQr"],
    ["https://qr.vipps.no/vp/1", "unknown"],
    ["5701234567899", "product"],
    ["https://example.com", "unknown"],
  ])("%j means %s", (text, meaning) => {
    expect(meaningOf(recognise(text))).toBe(meaning);
  });
});

describe("presentable", () => {
  it("never shows a customer's code, which may hold the phone number", () => {
    for (const text of [
      "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
      " HTTP://qr.vipps.no/28/2/01/031/4791234567",
      "https://qr.vipps.no/p/token",
      "xhttps://qr.vipps.no//28/2/01/031/4791234567",
    ]) {
      expect(presentable(text)).toBe("(a customer's code)");
    }
  });

  it("shows anything else, cut to a length that fits a page", () => {
    expect(presentable("5701234567899\n")).toBe("5701234567899");
    expect(presentable("x".repeat(500))).toHaveLength(120);
  });
});
