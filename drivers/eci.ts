import { type Encoding, textFrom, textIn } from "./encoding.ts";

/**
 * The text of a symbol that names its code pages: `\000026` says that UTF-8 follows, and each backslash of the text stands twice
 * (ISO/IEC 15424 with AIM's Extended Channel Interpretations). Undefined where a part is no text in its code page, or its code page
 * has no name here and it is more than ASCII.
 */
export function decodeWithEci(data: Uint8Array, before?: Encoding): string | undefined {
  const texts: (string | undefined)[] = [];
  let codePage: CodePage = (bytes) => textFrom(bytes, before);
  let part: number[] = [];
  const endPart = () => {
    texts.push(codePage(Uint8Array.from(part)));
    part = [];
  };
  for (let at = 0; at < data.length; at += 1) {
    const designator = designatorAt(data, at);
    if (designator !== undefined) {
      endPart();
      codePage = codePageOf(designator);
      at += designatorLength - 1;
    } else {
      part.push(data[at] ?? 0);
      // The second of two.
      if (data[at] === backslash && data[at + 1] === backslash) at += 1;
    }
  }
  endPart();
  return texts.includes(undefined) ? undefined : texts.join("");
}

type CodePage = (bytes: Uint8Array) => string | undefined;

const backslash = 0x5c;
/** A backslash and six digits. */
const designatorLength = 7;

function designatorAt(data: Uint8Array, at: number): number | undefined {
  if (data[at] !== backslash) return undefined;
  const digits = Buffer.from(data.subarray(at + 1, at + designatorLength)).toString("latin1");
  return /^\d{6}$/.test(digits) ? Number(digits) : undefined;
}

/** Code pages by AIM's number (ECI Part 3, register). Those of ISO 8859 stand in a row, from 1 at 3 to 16 at 18. */
const codePages: Readonly<Record<number, string>> = {
  0: "cp437",
  1: "iso-8859-1",
  2: "cp437",
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map((part) => [part + 2, `iso-8859-${part}`]),
  ),
  20: "shift_jis",
  21: "windows-1250",
  22: "windows-1251",
  23: "windows-1252",
  24: "windows-1256",
  25: "utf-16be",
  26: "utf-8",
  27: "ascii",
  28: "big5",
  29: "gb18030",
  30: "euc-kr",
  31: "gbk",
  32: "gb18030",
  33: "utf-16le",
  170: "ascii",
};

function codePageOf(designator: number): CodePage {
  const name = codePages[designator];
  if (name !== undefined) return (bytes) => textIn(name, bytes);
  return (bytes) => (bytes.every((byte) => byte < 0x80) ? textIn("ascii", bytes) : undefined);
}
