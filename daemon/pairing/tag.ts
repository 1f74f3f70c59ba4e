import { assertNever } from "../protocol/errors.ts";
import type { Meaning } from "../protocol/values.ts";

/**
 * What a scanned or typed text is. The formats are those of Vipps MobilePay's QR API guide and, for the old stickers, of the
 * MobilePay PoS v10 guide.
 */
export type Scanned =
  /** An old MobilePay sticker or terminal screen: `mobilepaypos://pos?id=…`. */
  | { readonly kind: "sticker"; readonly beaconId: string }
  /** The id alone, as printed on a sticker: 15 digits or a GUID. */
  | { readonly kind: "printedId"; readonly beaconId: string }
  /** Perhaps a merchant callback code. The text is opaque: only MobilePay can tell whose it is. */
  | { readonly kind: "callback"; readonly content: string }
  /** The code a customer shows in the app. The older form holds the phone number: never put `content` in an error or a log. */
  | { readonly kind: "customerCode"; readonly content: string }
  /** A code of MobilePay's that is neither a till's tag nor a customer's. */
  | { readonly kind: "otherMobilePay"; readonly what: string }
  | { readonly kind: "product" }
  | { readonly kind: "unknown" };

/** Says what `text` is. Never throws; a text longer than any label is `unknown`. */
export function recognise(text: string): Scanned {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > labelLengthMax) return { kind: "unknown" };
  const beaconId = asBeaconId(trimmed);
  if (beaconId !== undefined) return { kind: "printedId", beaconId };
  if (hasScheme.test(trimmed)) return recogniseUrl(trimmed);
  if (namesMobilePay.test(trimmed)) return { kind: "otherMobilePay", what: "a MobilePay code that was not read whole" };
  return looksLikeArticle.test(trimmed) ? { kind: "product" } : { kind: "unknown" };
}

/** Characters. A MobilePay code holds at most 255. */
const labelLengthMax = 512;
const hasScheme = /^[a-z][a-z0-9+.-]+:/i;
/** Of a code whose beginning was lost, or that was typed on another keyboard layout, more than the scheme may be missing. */
const namesMobilePay = /vipps|mobilepay/i;
/** Printable, in any language, up to the length of a GS1 label; GS (0x1d) separates GS1 fields. */
const looksLikeArticle = /^[\x1d\P{C}]{1,128}$/u;
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Stickers print the 15 digits in groups; a GUID is lower case in every code. */
function asBeaconId(text: string): string | undefined {
  const digits = /^[\d\s-]{15,30}$/.test(text) ? text.replaceAll(/[\s-]/g, "") : "";
  if (/^\d{15}$/.test(digits)) return digits;
  const lower = text.toLowerCase();
  return guid.test(lower) ? lower : undefined;
}

function recogniseUrl(text: string): Scanned {
  const url = URL.parse(text);
  if (url === null) return { kind: "unknown" };
  if (url.protocol === "mobilepaypos:") return recogniseSticker(url);
  if (/^(mobilepay|vipps)/.test(url.protocol)) return { kind: "otherMobilePay", what: "a link into the MobilePay app" };
  if (!/^https?:$/.test(url.protocol)) return { kind: "unknown" };
  if (url.host === "qr.vipps.no" || url.host === "qr-mt.vipps.no") return recogniseVippsCode(text, url.pathname);
  if (/^qr\.mobilepay\.(dk|fi)$/.test(url.host) && url.pathname.startsWith("/box/")) {
    return { kind: "otherMobilePay", what: "a MobilePay Box code" };
  }
  if (mobilePayHost.test(url.hostname)) return { kind: "otherMobilePay", what: "another MobilePay code" };
  return gs1DigitalLink.test(url.pathname) ? { kind: "product" } : { kind: "unknown" };
}

const mobilePayHost = /(^|\.)(vipps\.(no|dk|fi|se)|mobilepay\.(dk|fi)|vippsmobilepay\.com)$/;
/** A GS1 Digital Link carries the article number after application identifier 01. */
const gs1DigitalLink = /\/01\/\d{8,14}(\/|$)/;

function recogniseSticker(url: URL): Scanned {
  const [, value = ""] = [...url.searchParams].find(([name]) => name.toLowerCase() === "id") ?? [];
  const beaconId = url.host.toLowerCase() === "pos" ? asBeaconId(value) : undefined;
  return beaconId === undefined
    ? { kind: "otherMobilePay", what: "a MobilePay sticker without a till's id" }
    : { kind: "sticker", beaconId };
}

/** Customers' codes and merchants' codes share one host; everything that is not known to be something else is opaque. */
function recogniseVippsCode(content: string, path: string): Scanned {
  if (/^\/(p|28\/2\/01\/031)\/./i.test(path)) return { kind: "customerCode", content };
  if (/^\/(vp|28\/2\/05\/031)\//i.test(path)) return { kind: "otherMobilePay", what: "the code of a shop number" };
  if (/^\/(r|generate)\//i.test(path)) return { kind: "otherMobilePay", what: "a code that opens a web page" };
  if (path.length < 2) return { kind: "unknown" };
  return { kind: "callback", content };
}

/** The word for it in the protocol. A MobilePay code is never a product. */
export function meaningOf(scanned: Scanned): Meaning {
  switch (scanned.kind) {
    case "sticker":
    case "printedId":
    case "callback":
      return "tillTag";
    case "customerCode":
      return "customerQr";
    case "product":
      return "product";
    case "otherMobilePay":
    case "unknown":
      return "unknown";
    default:
      return assertNever(scanned);
  }
}

/** What was scanned, in words for the person at the till, to stand after "This is". Holds nothing personal. */
export function inWords(scanned: Scanned): string {
  switch (scanned.kind) {
    case "sticker":
    case "printedId":
    case "callback":
      return "a till's MobilePay tag";
    case "customerCode":
      return "a customer's own MobilePay code";
    case "otherMobilePay":
      return scanned.what;
    case "product":
      return "the barcode of an article";
    case "unknown":
      return "not a code that the till knows";
    default:
      return assertNever(scanned);
  }
}

/** Wider than `recognise`: a code that was read badly still holds the number. */
const containsCustomerCode = /vipps\.no\W+(p|28\W+2\W+01\W+031)\b/i;

/** `text` as it may be shown and logged: a customer's code is cut down to its kind, for it identifies a person. */
export function presentable(text: string): string {
  return containsCustomerCode.test(text) ? "(a customer's code)" : text.trim().slice(0, 120);
}
