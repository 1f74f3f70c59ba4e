import { describe, expect, test } from "vitest";
import { routeRead } from "../../daemon/devices/route-read.ts";

const own = "123456789012345";
const other = "999999999999999";
const sticker = `mobilepaypos://pos?id=${own}&source=qr`;
const callback = "https://qr.vipps.no/mc/abc";
const customer = "https://qr.vipps.no/p/token";
const box = "https://qr.mobilepay.dk/box/x/pay-in";
const article = "4006381333931";
const leaflet = "https://example.com/offers";

const selling = { pairingListens: false, paymentWantsCustomerQr: false, ownTagId: own };
const paying = { ...selling, paymentWantsCustomerQr: true };
const pairing = { ...selling, pairingListens: true };

describe("who gets a scan", () => {
  test.each([
    // while                 scanned   goes to    and means
    ["selling", selling, sticker, "page", "tillTag"],
    ["selling", selling, callback, "page", "tillTag"],
    ["selling", selling, own, "page", "tillTag"],
    ["selling", selling, other, "page", "unknown"],
    ["selling", selling, customer, "page", "customerQr"],
    ["selling", selling, box, "page", "unknown"],
    ["selling", selling, article, "page", "product"],
    ["selling", selling, leaflet, "page", "unknown"],
    ["paying", paying, sticker, "page", "tillTag"],
    ["paying", paying, callback, "page", "tillTag"],
    ["paying", paying, customer, "payment", "customerQr"],
    ["paying", paying, box, "page", "unknown"],
    ["paying", paying, article, "page", "product"],
    ["pairing", pairing, sticker, "pairing", "tillTag"],
    ["pairing", pairing, other, "pairing", "tillTag"],
    ["pairing", pairing, callback, "pairing", "tillTag"],
    ["pairing", pairing, customer, "pairing", "customerQr"],
    ["pairing", pairing, article, "pairing", "product"],
    ["pairing while paying", { ...paying, pairingListens: true }, customer, "pairing", "customerQr"],
  ] as const)("while %s", (_, situation, text, to, meaning) => {
    expect(routeRead([text], situation)).toEqual({ to, content: text, meaning });
  });
});

describe("an NFC tag", () => {
  test("counts by what is MobilePay's in it, wherever it stands", () => {
    expect(routeRead([leaflet, "hello", sticker], pairing)).toEqual({
      to: "pairing",
      content: sticker,
      meaning: "tillTag",
    });
    expect(routeRead([leaflet, customer], paying)).toMatchObject({ to: "payment", content: customer });
  });

  test("without records means nothing, and pairing refuses it", () => {
    expect(routeRead([], selling)).toEqual({ to: "page", content: "", meaning: "unknown" });
    expect(routeRead([], pairing)).toEqual({ to: "pairing", content: "", meaning: "unknown" });
  });
});
