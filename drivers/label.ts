import type { DeviceRead, FailedRead } from "./driver.ts";
import type { Encoding } from "./encoding.ts";
import { hasCheckDigit, parseGs1, upcAOf } from "./gs1.ts";
import { type AimLabel, splitAim } from "./symbology.ts";

/** Bytes of the longest label that is read. A QR code holds at most 2 953 bytes or 7 089 digits. */
export const labelBytesMax = 8192;

const suffixes = new Set([0x09, 0x0a, 0x0d]);

/** A scanner that is set to end each label with a key (Enter, Tab) does so in every mode. */
export function withoutSuffix(label: Uint8Array): Uint8Array {
  let end = label.length;
  while (end > 0 && suffixes.has(label[end - 1] ?? 0)) end -= 1;
  return label.subarray(0, end);
}

/** What a scanner has read, from the bytes that it sent; `encoding` where it is set to a code page of its own. */
export function readLabel(bytes: Uint8Array, encoding?: Encoding): DeviceRead {
  const label = splitAim(bytes, encoding);
  const { text } = label;
  if (text === undefined || noise.test(text)) return failed(whyNoText(bytes));
  if (text === "") return failed("an empty label: scan it again");
  return understood({ ...label, text });
}

/**
 * Control characters that no label holds. TAB, the ends of lines, EOT and the separators FS, GS, RS and US stand in real ones: a QR
 * code for a payment or of a person's card has a line for each thing.
 */
const noise = /[\u0000-\u0003\u0005-\u0008\u000b\u000c\u000e-\u001b\u007f-\u009f]/;

/** Letters of another code page are bytes from 0x80 among plain ones; a line at the wrong speed gives bytes of every kind. */
function whyNoText(bytes: Uint8Array): string {
  const letters = bytes.filter((byte) => byte >= 0x80).length;
  const isPlainElse = bytes.every((byte) => byte >= 0x80 || !noise.test(String.fromCodePoint(byte)));
  return isPlainElse && letters * 2 < bytes.length
    ? "letters of another code page: set the scanner to UTF-8, or encoding in its settings to what it sends (cp850, windows-1252)"
    : "bytes that are no text; is the scanner set to the same speed and parity?";
}

/** The label with what it says of itself checked and taken apart. */
function understood({ text, aim, symbology, isGs1 }: AimLabel & { readonly text: string }): DeviceRead {
  if (symbology === "add-on-2" || symbology === "add-on-5")
    return failed("only the small code beside a barcode: scan the whole again");
  if (isMisread(symbology, text)) return failed("a barcode whose check digit does not fit: scan it again");
  const gs1 = isGs1 ? parseGs1(text) : undefined;
  return {
    kind: "scan",
    data: text,
    ...(aim !== undefined && { aim }),
    ...(symbology !== undefined && { symbology }),
    ...(gs1 !== undefined && { gs1 }),
  };
}

/**
 * Only where the scanner says what it read: thirteen digits without a word may be anything. Scanners that are set to leave leading
 * zeros out send UPC-A as twelve digits and UPC-E as eight, with the identifier of EAN-13. An add-on stands behind the number.
 */
function isMisread(symbology: string | undefined, data: string): boolean {
  if (symbology === "ean13-add-on") return !/^\d{15}$|^\d{18}$/.test(data) || !hasCheckDigit(data.slice(0, 13));
  const isEan13 = symbology === "ean13" && (data.length === 13 || data.length === 12);
  if (isEan13 || (symbology === "ean8" && data.length === 8)) return !hasCheckDigit(data);
  return symbology === "ean13" && data.length === 8 && !hasCheckDigit(upcAOf(data)) && !hasCheckDigit(data);
}

function failed(detail: string): FailedRead {
  return { kind: "failed", detail };
}
