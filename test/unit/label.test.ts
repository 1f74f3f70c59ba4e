import { describe, expect, test } from "vitest";
import type { Encoding } from "../../drivers/encoding.ts";
import { readLabel } from "../../drivers/label.ts";

const GS = "\u001d";

function read(label: string | Uint8Array, encoding?: Encoding) {
  return readLabel(typeof label === "string" ? Buffer.from(label, "utf8") : label, encoding);
}
const failed = (words: string) => ({ kind: "failed", detail: expect.stringContaining(words) });

describe("a symbol that names its code pages", () => {
  test.each([
    ["UTF-8, and a web address in it", "]Q2\\000026https://qr.vipps.no/p/abcdef", "https://qr.vipps.no/p/abcdef"],
    ["UTF-8 by a Data Matrix", "]d4\\000026Æble", "Æble"],
    ["UTF-8 by an Aztec code", "]z3\\000026Æble", "Æble"],
    ["UTF-8 by PDF417", "]L1\\000026Æble", "Æble"],
    ["each backslash twice", "]Q2\\000026C:\\\\till\\\\000026", "C:\\till\\000026"],
    ["a number of no code page, and plain letters", "]Q2\\000899abc", "abc"],
    ["none at all", "]Q2abc", "abc"],
  ])("%s", (_, label, data) => {
    expect(read(label)).toMatchObject({ kind: "scan", data });
  });

  // Number, bytes, text; of ISO 8859 the letters that tell the parts from each other.
  test.each([
    [3, "e6", "æ"],
    [4, "b1", "ą"],
    [5, "a6", "Ĥ"],
    [6, "e0", "ā"],
    [7, "d0", "а"],
    [8, "c7", "ا"],
    [9, "e1", "α"],
    [10, "e0", "א"],
    [11, "fd", "ı"],
    [12, "e0", "ā"],
    [13, "a1", "ก"],
    [15, "e6", "ę"],
    [16, "a1", "Ḃ"],
    [17, "a4", "€"],
    [18, "a1", "Ą"],
    [20, "83658358", "テス"],
    [21, "b9", "ą"],
    [22, "e0", "а"],
    [23, "80", "€"],
    [24, "c7", "ا"],
    [25, "00c60062", "Æb"],
    [26, "c386", "Æ"],
  ])("%i is read as what AIM has registered", (number, hex, text) => {
    const head = Buffer.from(`]Q2\\${String(number).padStart(6, "0")}`);
    expect(read(Buffer.concat([head, Buffer.from(hex, "hex")]))).toMatchObject({ data: text });
  });

  test("several in one symbol", () => {
    const label = Buffer.concat([
      Buffer.from("]Q2a\\000017"),
      Buffer.from([0xa4]),
      Buffer.from("\\000026Æ\\000003"),
      Buffer.from([0xe6]),
    ]);
    expect(read(label)).toMatchObject({ data: "a€Ææ" });
  });

  test("a part that is no text in its code page, or a code page that nobody knows, is no label", () => {
    expect(read(Buffer.concat([Buffer.from("]Q2\\000026"), Buffer.from([0xff, 0x41])]))).toEqual(failed("code page"));
    expect(read("]Q2\\000777Æ")).toEqual(failed("code page"));
  });

  test("only where the modifier says so a backslash begins anything", () => {
    expect(read("]Q1\\000026abc")).toMatchObject({ data: "\\000026abc" });
    expect(read("\\000026abc")).toEqual({ kind: "scan", data: "\\000026abc" });
  });
});

describe("the AIM identifier says what was read", () => {
  test.each([
    ["]A0A1", "code39"],
    ["]C0A1", "code128"],
    ["]C2A1", "code128"],
    ["]C4A1", "code128"],
    ["]E04006381333931", "ean13"],
    ["]E496385074", "ean8"],
    ["]F0A1A", "codabar"],
    ["]G0A1", "code93"],
    ["]H0123", "code11"],
    ["]I01234", "itf"],
    ["]J0A1", "dotcode"],
    ["]L2A1", "pdf417"],
    ["]O0A1", "codablock"],
    ["]Q0A1", "qr"],
    ["]Q5A1", "qr"],
    ["]Q6A1", "qr"],
    ["]U1A1", "maxicode"],
    ["]d1A1", "datamatrix"],
    ["]d6A1", "datamatrix"],
    ["]h0A1", "hanxin"],
    ["]zCA1", "aztec"],
  ])("%s is %s", (label, symbology) => {
    expect(read(label)).toMatchObject({ kind: "scan", symbology, aim: label.slice(0, 3), data: label.slice(3) });
  });

  test.each(["]C1", "]d2", "]d5", "]Q3", "]Q4", "]e0", "]e1", "]e2", "]e3", "]J1", "]J4"])(
    "%s: GS1's fields",
    (aim) => {
      expect(
        read(`${aim}010950123456789010A1${GS}17251231`.replace("0109501234567890", "0195012345678903")),
      ).toMatchObject({
        gs1: { "01": "95012345678903", "10": "A1", "17": "251231" },
      });
    },
  );

  test("a kind that has no name still has an identifier", () => {
    expect(read("]y0A1")).toEqual({ kind: "scan", aim: "]y0", data: "A1" });
  });

  test("EAN-13 with an add-on is checked in front of it", () => {
    expect(read("]E3400638133393112")).toMatchObject({ symbology: "ean13-add-on", data: "400638133393112" });
    expect(read("]E3400638133393112345")).toMatchObject({ data: "400638133393112345" });
    expect(read("]E3400638133393012")).toEqual(failed("check digit"));
    expect(read("]E34006381333931")).toEqual(failed("check digit"));
  });

  test.each(["]E112", "]E212345"])("an add-on alone (%s) is no article", (label) => {
    expect(read(label)).toEqual(failed("beside a barcode"));
  });

  test.each(["]C0", "]Q1", "]E0", "]Q2\\000026", ""])("a symbol with nothing in it (%j) is no article", (label) => {
    expect(read(label)).toEqual(failed("empty"));
  });
});

describe("letters", () => {
  test.each([
    ["cp850", [0x9b], "ø"],
    ["cp850", [0x91], "æ"],
    ["cp437", [0x91], "æ"],
    ["windows-1252", [0x80], "€"],
    ["iso-8859-15", [0xa4], "€"],
    ["iso-8859-1", [0xa4], "¤"],
  ] as const)("of code page %s, where the scanner is set to it", (encoding, bytes, text) => {
    expect(read(Buffer.from([0x41, ...bytes]), encoding)).toEqual({ kind: "scan", data: `A${text}` });
  });

  test("of a code page that nobody named are no fault of the line", () => {
    expect(read(Buffer.from("Sm\u009brebr\u009bd", "latin1"))).toEqual(failed("code page"));
    expect(read(Buffer.from("\u0090\u0091", "latin1"))).toEqual(failed("same speed"));
  });

  test("that are not in the code page that was named are no label", () => {
    expect(read(Buffer.from([0x41, 0xff, 0xfe]), "utf-8")).toEqual(failed("text"));
  });
});
