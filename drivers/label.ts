import type { DeviceRead, ScanRead } from "./driver.ts";
import { hasCheckDigit, parseGs1, upcAOf } from "./gs1.ts";
import { splitAim } from "./symbology.ts";

/** Bytes of the longest label that is read. A QR code holds at most 2 953 bytes or 7 089 digits. */
export const labelBytesMax = 8192;

const utf8 = new TextDecoder("utf-8", { fatal: true });
/**
 * Control characters that no label holds. TAB, the ends of lines, EOT and the separators FS, GS, RS and US stand in real ones: a QR
 * code for a payment or of a person's card has a line for each thing.
 */
const noise = /[\u0000-\u0003\u0005-\u0008\u000b\u000c\u000e-\u001b\u007f-\u009f]/;

const suffixes = new Set([0x09, 0x0a, 0x0d]);

/** A scanner that is set to end each label with a key (Enter, Tab) does so in every mode. */
export function withoutSuffix(label: Uint8Array): Uint8Array {
  let end = label.length;
  while (end > 0 && suffixes.has(label[end - 1] ?? 0)) end -= 1;
  return label.subarray(0, end);
}

/**
 * What a scanner has read, from the bytes that it sent. Scanners send UTF-8 or Latin-1 and do not say which; Latin-1 text is hardly
 * ever valid UTF-8.
 */
export function readLabel(bytes: Uint8Array): DeviceRead {
  const text = tryUtf8(bytes) ?? Buffer.from(bytes).toString("latin1");
  return noise.test(text)
    ? { kind: "failed", detail: "bytes that are no text; is the scanner set to the same speed and parity?" }
    : understood(splitAim(text));
}

/** The label with what it says of itself checked and taken apart. */
function understood(read: ScanRead): DeviceRead {
  if (isMisread(read)) return { kind: "failed", detail: "a barcode whose check digit does not fit: scan it again" };
  const gs1 = read.symbology?.startsWith("gs1") === true ? parseGs1(read.data) : undefined;
  return gs1 === undefined ? read : { ...read, gs1 };
}

/**
 * Only where the scanner says what it read: thirteen digits without a word may be anything. Scanners that are set to leave leading
 * zeros out send UPC-A as twelve digits and UPC-E as eight, with the identifier of EAN-13.
 */
function isMisread({ symbology, data }: ScanRead): boolean {
  const isEan13 = symbology === "ean13" && (data.length === 13 || data.length === 12);
  if (isEan13 || (symbology === "ean8" && data.length === 8)) return !hasCheckDigit(data);
  return symbology === "ean13" && data.length === 8 && !hasCheckDigit(upcAOf(data)) && !hasCheckDigit(data);
}

function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
