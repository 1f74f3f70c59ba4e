import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Transmit } from "../../drivers/nfc-reader/apdu.ts";
import { TagUnreadable } from "../../drivers/nfc-reader/apdu.ts";
import { readTag } from "../../drivers/nfc-reader/read-tag.ts";
import { checkout } from "../support/imports.ts";
import { atrs, storageCard, textMessage, type2Tag, type4Tag, uriMessage } from "../support/nfc-tags.ts";

interface Recorded {
  readonly source: string;
  readonly atr: string;
  /** Command and answer, as hex. */
  readonly dialogue: readonly (readonly [string, string])[];
  readonly reads: unknown;
}

const folder = join(checkout, "test/fixtures/nfc");
const uid = Buffer.from("04a1b2c3d4e5f6", "hex");

describe("a recorded dialogue", () => {
  test.each(readdirSync(folder))("%s is followed to its end", async (file) => {
    const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded;
    expect(recorded.source).toMatch(/\S/);
    const left = [...recorded.dialogue];
    const transmit: Transmit = async (command) => {
      const [expected, answer = ""] = left.shift() ?? [];
      expect(Buffer.from(command).toString("hex")).toBe(expected);
      return Buffer.from(answer, "hex");
    };
    expect(await readTag(transmit, Buffer.from(recorded.atr, "hex"))).toEqual(recorded.reads);
    expect(left).toEqual([]);
  });
});

/** What `readTag` makes of a tag that answers like this. */
function reading(answer: (command: Buffer) => Buffer | undefined, atr = atrs.type2) {
  const transmit: Transmit = async (command) => {
    const reply = answer(Buffer.from(command));
    if (reply === undefined) throw new Error("removed");
    return reply;
  };
  return readTag(transmit, atr);
}

const ok = Buffer.from([0x90, 0x00]);

describe("any tag", () => {
  test.each([4, 7, 10])("with a UID of %i bytes is known by it", async (length) => {
    const long = Buffer.alloc(length, 0xab);
    expect(await reading(type2Tag(long, uriMessage("a:b")))).toMatchObject({ uid: "ab".repeat(length) });
  });

  test.each([0, 1, 12])("whose reader gives %i bytes for a UID is refused", async (length) => {
    await expect(reading(type2Tag(Buffer.alloc(length), undefined))).rejects.toThrow(TagUnreadable);
  });

  test("that is taken away between two answers, or in one, says so", async () => {
    for (const last of [undefined, Buffer.alloc(0), Buffer.from([0x90])]) {
      const tag = type2Tag(uid, textMessage("a text that takes more than one block to read"));
      let left = 3;
      const reads = reading((command) => ((left -= 1) > 0 ? tag(command) : last));
      await expect(reads).rejects.toThrow("too soon");
    }
  });

  test("reads the same whether it is of type 2 or of type 4", async () => {
    const message = uriMessage("mobilepaypos://pos?id=123456789012345&source=nfc");
    const records = [{ type: "uri", value: "mobilepaypos://pos?id=123456789012345&source=nfc" }];
    expect(await reading(type2Tag(uid, message))).toMatchObject({ records });
    expect(await reading(type4Tag(uid, message), atrs.type4)).toMatchObject({ records });
  });
});

describe("a type 2 tag", () => {
  test("may hold more than 254 bytes", async () => {
    const text = "x".repeat(700);
    expect(await reading(type2Tag(uid, textMessage(text), 231))).toMatchObject({ records: [{ value: text }] });
  });

  test("that is empty or never was written holds no records", async () => {
    expect(await reading(type2Tag(uid, undefined))).toMatchObject({ records: [] });
    expect(await reading(storageCard(uid, () => Buffer.alloc(16)))).toMatchObject({ records: [] });
  });

  test("whose message is longer than its memory is refused, not read for ever", async () => {
    const memory = Buffer.from("e1101200 03ff7fff d1010b54".replaceAll(" ", ""), "hex");
    let reads = 0;
    const lying = storageCard(uid, (page) => {
      reads += 1;
      return page < 6 ? memory.subarray((page - 3) * 4) : Buffer.alloc(16);
    });
    await expect(reading(lying)).rejects.toThrow("longer than the tag");
    expect(reads).toBeLessThan(20);
  });

  test.each([
    ["the smallest tag", "e1100600"],
    ["the largest", "e110ff00"],
  ])("with nothing but empty blocks ends and holds no records: %s", async (_, capability) => {
    const empty = storageCard(uid, (page) => (page === 3 ? Buffer.from(capability, "hex") : Buffer.alloc(16, 0)));
    expect(await reading(empty)).toMatchObject({ records: [] });
  });

  test("whose last block fills it and is no message holds no records", async () => {
    const memory = Buffer.from(`e1100600fd2e${"aa".repeat(46)}`, "hex");
    const full = storageCard(uid, (page) => memory.subarray((page - 3) * 4, (page - 3) * 4 + 16));
    expect(await reading(full)).toMatchObject({ records: [] });
  });

  test("of which a block cannot be read is refused", async () => {
    const tag = type2Tag(uid, textMessage("a text that takes more than one block to read"));
    const worn = (command: Buffer) => (command[3] === 8 ? Buffer.from([0x63, 0x00]) : tag(command));
    await expect(reading(worn)).rejects.toThrow("cannot be read");
  });
});

describe("a type 4 tag", () => {
  test("is read in pieces as large as it can send", async () => {
    const text = "y".repeat(2000);
    const lengths: number[] = [];
    const tag = type4Tag(uid, textMessage(text));
    const read = await reading((command) => {
      if (command.readUInt16BE() === 0x00b0) lengths.push(command[4] ?? 0);
      return tag(command);
    }, atrs.type4);
    expect(read).toMatchObject({ records: [{ type: "text", value: text }] });
    expect(Math.max(...lengths)).toBe(0x3b);
  });

  test.each([
    ["says that it holds 60 000 bytes", "00b0000002", Buffer.from([0xea, 0x60, 0x90, 0x00]), "too long"],
    ["wants a key", "00b000000f", Buffer.from("000f20003b00340406e1040800ffff9000", "hex"), "without a key"],
    ["is of another version", "00b000000f", Buffer.from("000f10003b00340406e104080000009000", "hex"), "not known"],
    ["gives less than it was asked for", "00b000000f", Buffer.from("000f9000", "hex"), "as it should"],
    ["refuses its file", "00a4000c02e104", Buffer.from([0x6a, 0x82]), "as it should"],
  ])("that %s is refused", async (_, asked, answer, words) => {
    const tag = type4Tag(uid, uriMessage("a:b"));
    const reads = reading((command) => (command.toString("hex") === asked ? answer : tag(command)), atrs.type4);
    await expect(reads).rejects.toThrow(words);
  });

  test("that says it can send nothing at once is read byte by byte", async () => {
    const tag = type4Tag(uid, uriMessage("a:b"));
    const mute = Buffer.concat([Buffer.from("000f20000000340406e104080000ff", "hex"), ok]);
    const reads = reading((command) => (command.toString("hex") === "00b000000f" ? mute : tag(command)), atrs.type4);
    expect(await reads).toMatchObject({ records: [{ value: "a:b" }] });
  });
});
