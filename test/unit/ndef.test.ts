import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TagUnreadable } from "../../drivers/nfc-reader/apdu.ts";
import { parseNdef } from "../../drivers/nfc-reader/ndef.ts";
import { record, textMessage, uriMessage } from "../support/nfc-tags.ts";

const begin = 0x80;
const end = 0x40;
const chunk = 0x20;
const unchanged = 6;

describe("an NDEF record", () => {
  test.each([
    ["a whole address", uriMessage("mobilepaypos://pos?id=1"), "uri", "mobilepaypos://pos?id=1"],
    ["an abbreviated address", uriMessage("example.com/å", 4), "uri", "https://example.com/å"],
    ["a telephone number", uriMessage("+4512345678", 5), "uri", "tel:+4512345678"],
    ["the last abbreviation", uriMessage("a", 0x23), "uri", "urn:nfc:a"],
    ["an abbreviation that does not exist", uriMessage("a:b", 0x24), "uri", "a:b"],
    ["an address as the type", record("https://a.example", "", { nameFormat: 3 }), "uri", "https://a.example"],
    ["a text", textMessage("smørrebrød", "da"), "text", "smørrebrød"],
    ["a text in UTF-16", record("T", Buffer.from([0x82, 0x65, 0x6e, 0x00, 0xe6])), "text", "æ"],
    ["a text in UTF-16 of the other order", record("T", Buffer.from([0x80, 0xff, 0xfe, 0xe6, 0x00])), "text", "æ"],
    ["a longer text", textMessage("x".repeat(300)), "text", "x".repeat(300)],
    ["a card of a person", record("text/vCard", "BEGIN:VCARD", { nameFormat: 2 }), "text/vcard", "BEGIN:VCARD"],
    ["bytes", record("image/png", Buffer.from([0, 255]), { nameFormat: 2 }), "image/png;base64", "AP8="],
    ["an app's name", record("android.com:pkg", "a.b", { nameFormat: 4 }), "urn:nfc:ext:android.com:pkg", "a.b"],
    ["a signature", record("Sig", Buffer.from([1])), "urn:nfc:wkt:Sig;base64", "AQ=="],
    ["something unknown", record("", "abc", { nameFormat: 5 }), "unknown", "abc"],
  ])("can be %s", (_, message, type, value) => {
    expect(parseNdef(message)).toEqual([{ type, value }]);
  });

  test("that is empty is none", () => {
    expect(parseNdef(record("", "", { nameFormat: 0 }))).toEqual([]);
    expect(parseNdef(Buffer.alloc(0))).toEqual([]);
  });

  test("may have a name of its own", () => {
    const named = Buffer.from([0xd9, 1, 4, 2, 0x55, 0x69, 0x64, 0, 0x61, 0x3a, 0x62]);
    expect(parseNdef(named)).toEqual([{ type: "uri", value: "a:b" }]);
  });
});

describe("an NDEF message", () => {
  const first = record("U", "\0a:b", { flags: begin });
  const last = record("T", "\x02enb", { flags: end });

  test("holds its records in order", () => {
    expect(parseNdef(Buffer.concat([first, last]))).toEqual([
      { type: "uri", value: "a:b" },
      { type: "text", value: "b" },
    ]);
  });

  test("ends where it says, whatever stands after it", () => {
    expect(parseNdef(Buffer.concat([uriMessage("a:b"), Buffer.alloc(20, 0xff)]))).toEqual([
      { type: "uri", value: "a:b" },
    ]);
  });

  test("holds what came in chunks as one", () => {
    const parts = [
      record("U", "\0mobile", { flags: begin | chunk }),
      record("", "paypos://", { flags: chunk, nameFormat: unchanged }),
      record("", "pos?id=1", { flags: 0, nameFormat: unchanged }),
      last,
    ];
    expect(parseNdef(Buffer.concat(parts))[0]).toEqual({ type: "uri", value: "mobilepaypos://pos?id=1" });
  });

  /** The poster of a maker of tags, as an emulated card serves it (uri and an empty-language text). */
  const poster = "d1021d5370910111550170617261676f6e2d726669642e636f6d5101045400504944";

  test("of a smart poster is what stands on the poster", () => {
    expect(parseNdef(Buffer.from(poster, "hex"))).toEqual([
      { type: "uri", value: "http://www.paragon-rfid.com" },
      { type: "text", value: "PID" },
    ]);
  });

  test.each([
    ["is cut off", uriMessage("mobilepaypos://pos?id=123").subarray(0, 20)],
    ["is one byte", Buffer.from([0xd1])],
    ["has no end", first],
    ["has no beginning", last],
    ["begins twice", Buffer.concat([first, uriMessage("a:b")])],
    ["says that a record is 4 GB long", Buffer.from([0xc1, 1, 0xff, 0xff, 0xff, 0xff, 0x55, 0])],
    ["goes on with a chunk that nobody began", record("", "x", { nameFormat: unchanged })],
    ["ends in the middle of chunks", record("U", "\0x", { flags: begin | end | chunk })],
    ["leaves its chunks for another record", Buffer.concat([record("U", "\0x", { flags: begin | chunk }), last])],
    ["is an address without a first byte", record("U", "")],
    ["is a text without a first byte", record("T", "")],
    ["is a text shorter than its language", record("T", Buffer.from([0x3f, 0x65]))],
    ["is a text that is no UTF-8", record("T", Buffer.from([0, 0xff]))],
    ["is a text of half a character", record("T", Buffer.from([0x80, 0xd8, 0x00]))],
    ["is a poster within a poster", record("Sp", record("Sp", uriMessage("a:b")))],
    ["is a broken poster", record("Sp", Buffer.from([0xd1, 1]))],
    ["has more records than any tag", manyRecords(65)],
  ])("that %s is refused", (_, message) => {
    expect(() => parseNdef(message)).toThrow(TagUnreadable);
  });

  test("of any bytes is read or refused, and never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(Array.isArray(parseNdef(bytes))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(TagUnreadable);
        }
      }),
    );
  });
});

function manyRecords(count: number): Buffer {
  const flagsAt = (index: number) => (index === 0 ? begin : 0) | (index === count - 1 ? end : 0);
  return Buffer.concat(Array.from({ length: count }, (_, index) => record("T", "\x02enx", { flags: flagsAt(index) })));
}
