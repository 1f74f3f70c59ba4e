import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyDecoder } from "../../drivers/keyboard-scanner/key-decoder.ts";
import { checkout } from "../support/imports.ts";

interface Recorded {
  readonly source: string;
  readonly reports: readonly string[];
  readonly types: string;
}

const folder = join(checkout, "test/fixtures/keyboard");

function type(...reports: readonly (readonly number[])[]): string {
  const typing = createKeyDecoder();
  return reports.map((report) => typing.push(Uint8Array.from(report))).join("");
}

const none = [0, 0, 0, 0, 0, 0, 0, 0];
const key = (code: number, modifiers = 0) => [modifiers, 0, code, 0, 0, 0, 0, 0];

describe("what a scanner types", () => {
  test.each(readdirSync(folder))("is read from recorded reports: %s", (file) => {
    const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded;
    expect(recorded.source).toMatch(/\S/);
    const typing = createKeyDecoder();
    const text = recorded.reports.map((hex) => typing.push(Buffer.from(hex, "hex"))).join("");
    expect(text).toBe(recorded.types);
  });

  test.each([
    ["a letter", [key(0x04)], "a"],
    ["a capital", [key(0x04, 0x02)], "A"],
    ["with the other shift", [key(0x1d, 0x20)], "Z"],
    ["digits", [key(0x1e), none, key(0x27)], "10"],
    ["on the keypad", [key(0x59), none, key(0x62), none, key(0x58)], "10\r"],
    ["what stands in addresses", [key(0x33, 0x02), key(0x38), none, key(0x38), key(0x38, 0x02)], "://"],
    ["an AIM identifier", [key(0x30), key(0x14, 0x02), key(0x1e)], "]Q1"],
    ["a space", [key(0x2c)], " "],
    ["Enter", [key(0x28)], "\r"],
    ["twice the same", [key(0x21), none, key(0x21)], "44"],
    ["a key that is held", [key(0x21), key(0x21), key(0x21)], "4"],
    ["two keys that overlap", [key(0x04), [0, 0, 0x04, 0x05, 0, 0, 0, 0], key(0x05)], "ab"],
    ["nothing", [none, none], ""],
    ["too many keys at once", [[0, 0, 1, 1, 1, 1, 1, 1]], ""],
    ["Escape, Backspace and F1", [key(0x29), key(0x2a), key(0x3a)], ""],
    ["the separator of GS1 fields, with Control", [key(0x30, 0x01), key(0x1e)], "\u001d1"],
    ["other separators, with Control", [key(0x23, 0x10), none, key(0x2d, 0x10)], "\u001e\u001f"],
    ["Enter, as Control and M", [key(0x10, 0x10)], "\r"],
    ["a character by its number, which is no text", [[0x04, 0, 0x62, 0, 0, 0, 0, 0]], "\u001a"],
    ["Control and what has no character", [key(0x3a, 0x01)], "\u001a"],
    ["with a report number before it", [[1, 0, 0, 0x04, 0, 0, 0, 0, 0]], "a"],
  ])("can be %s", (_, reports, text) => {
    expect(type(...reports)).toBe(text);
  });

  test("is text, whatever the reports", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(255), { maxLength: 12 })), (reports) => {
        expect(type(...reports)).toMatch(/^[\x01-\x7e]*$/);
      }),
    );
  });
});
