import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeviceRead } from "../../drivers/driver.ts";
import { labelBytesMax } from "../../drivers/label.ts";
import { createFramer } from "../../drivers/framing.ts";
import { checkout } from "../support/imports.ts";

interface Recorded {
  readonly source: string;
  readonly silenceEnds?: boolean;
  /** As the line cut them: bytes in hex, or "silence". */
  readonly pieces: readonly string[];
  readonly reads: readonly unknown[];
}

const folder = join(checkout, "test/fixtures/serial");

function read(text: string | Uint8Array): DeviceRead[] {
  return createFramer().push(typeof text === "string" ? Buffer.from(text, "utf8") : text);
}
const scan = (data: string) => ({ kind: "scan", data });
const failed = (words: string) => ({ kind: "failed", detail: expect.stringContaining(words) });

describe("recorded bytes", () => {
  test.each(readdirSync(folder))("%s", (file) => {
    const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded;
    expect(recorded.source).toMatch(/\S/);
    const framer = createFramer(recorded.silenceEnds);
    const reads = recorded.pieces.flatMap((piece) =>
      piece === "silence" ? framer.silence() : framer.push(Buffer.from(piece, "hex")),
    );
    expect(reads).toEqual(recorded.reads);
  });
});

describe("the ends of a label", () => {
  test.each([
    ["CR", "4006381333931\r", ["4006381333931"]],
    ["LF", "4006381333931\n", ["4006381333931"]],
    ["CRLF", "4006381333931\r\n96385074\r\n", ["4006381333931", "96385074"]],
    ["TAB and CR, as a suffix of the scanner's own", "4006381333931\t\r\t\r", ["4006381333931"]],
    ["STX and ETX", "\u00024006381333931\u0003\u000296385074\u0003", ["4006381333931", "96385074"]],
    ["STX, ETX and CRLF", "\u00024006381333931\u0003\r\n96385074\r\n", ["4006381333931", "96385074"]],
    ["two labels in one piece", "1\r2\r", ["1", "2"]],
    ["empty lines", "\r\n\r\n1\r\n\r\n", ["1"]],
    ["spaces in a label", " a b \r", [" a b "]],
    ["separators of GS1 fields", "01095\u001d17251231\r", ["01095\u001d17251231"]],
  ])("%s", (_, text, labels) => {
    expect(read(text)).toEqual(labels.map(scan));
  });

  test("an identifier with nothing after it is an empty label", () => {
    expect(read("]Q1\r")).toEqual([failed("empty")]);
  });

  test("nothing is read before the end has come", () => {
    const framer = createFramer();
    expect(framer.push(Buffer.from("400638"))).toEqual([]);
    expect(framer.waiting).toBe(true);
    expect(framer.push(Buffer.from("1333931\r"))).toEqual([scan("4006381333931")]);
    expect(framer.waiting).toBe(false);
  });
});

describe("what makes no sense is one failed read, and the next label is read", () => {
  test("a label that a new one begins in the middle of", () => {
    expect(read("40063\u000296385074\u0003")).toEqual([failed("half a label"), scan("96385074")]);
  });

  test("half a label and then silence", () => {
    const framer = createFramer();
    framer.push(Buffer.from("40063"));
    expect(framer.silence()).toEqual([failed("half a label")]);
    expect(framer.silence()).toEqual([]);
    expect(framer.push(Buffer.from("96385074\r"))).toEqual([scan("96385074")]);
  });

  test("a megabyte without an end, whether an end or silence follows", () => {
    for (const end of [
      (it: ReturnType<typeof createFramer>) => it.push(Buffer.from("\r")),
      (it: ReturnType<typeof createFramer>) => it.silence(),
    ]) {
      const framer = createFramer();
      expect(framer.push(Buffer.alloc(1_000_000, "7"))).toEqual([failed(`more than ${labelBytesMax} bytes`)]);
      expect(end(framer)).toEqual([]);
      expect(framer.push(Buffer.from("96385074\r"))).toEqual([scan("96385074")]);
    }
  });

  test("a label of exactly the greatest length is no failure", () => {
    expect(read(`${"7".repeat(labelBytesMax)}\r`)).toEqual([scan("7".repeat(labelBytesMax))]);
  });

  test.each(["\u0000\u00ff", "\u0001abc", "ab\u0000c", "\u0090\u0091"])("noise (%j)", (noise) => {
    expect(read(Buffer.concat([Buffer.from(noise, "latin1"), Buffer.from("\r96385074\r")])).slice(-1)).toEqual([
      scan("96385074"),
    ]);
  });

  test("control characters in a label are noise, zeros before it are a break on the line", () => {
    expect(read("400\u000163\r")).toEqual([failed("no text")]);
    expect(read("400\u000063\r")).toEqual([failed("no text")]);
    expect(read("\u0000\u0000400638\r")).toEqual([scan("400638")]);
  });
});

describe("a scanner without an end of line", () => {
  test("ends a label by a pause", () => {
    const framer = createFramer(true);
    framer.push(Buffer.from("4006381"));
    framer.push(Buffer.from("333931\t"));
    expect(framer.silence()).toEqual([scan("4006381333931")]);
  });
});

describe("the text of a label", () => {
  test.each([
    ["UTF-8", Buffer.from("Æble 🍏\r", "utf8"), "Æble 🍏"],
    ["Latin-1", Buffer.from("Æble\r", "latin1"), "Æble"],
  ])("is taken as %s", (_, bytes, data) => {
    expect(read(bytes)).toEqual([scan(data)]);
  });

  test.each([
    ["]E04006381333931", { data: "4006381333931", aim: "]E0", symbology: "ean13" }],
    ["]E496385074", { data: "96385074", aim: "]E4", symbology: "ean8" }],
    ["]Q1https://qr.vipps.no/p/x", { data: "https://qr.vipps.no/p/x", aim: "]Q1", symbology: "qr" }],
    [
      "]C10109506000134352",
      { data: "0109506000134352", aim: "]C1", symbology: "gs1-128", gs1: { "01": "09506000134352" } },
    ],
    ["]X0abc", { data: "abc", aim: "]X0" }],
    ["]Q", { data: "]Q" }],
    ["a]Q1b", { data: "a]Q1b" }],
  ])("%j has its AIM identifier split off", (label, expected) => {
    expect(read(`${label}\r`)).toEqual([{ kind: "scan", ...expected }]);
  });
});

test("any bytes cut into any pieces give the same reads, and good labels after them are read", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const noisy = fc.array(
    fc.oneof(
      bytes,
      fc.constantFrom("\r", "\n", "\u0002", "\u0003", "4006381333931").map((text) => Buffer.from(text)),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(noisy, fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }), (parts, cuts) => {
      const whole = Buffer.concat([...parts, Buffer.from("\r4006381333931\r")]);
      const framer = createFramer();
      const reads: DeviceRead[] = [];
      for (let at = 0, turn = 0; at < whole.length; turn += 1) {
        const next = at + (cuts[turn % cuts.length] ?? 0) + 1;
        reads.push(...framer.push(whole.subarray(at, next)));
        at = next;
      }
      expect(reads).toEqual(read(whole));
      expect(reads.at(-1)).toEqual(scan("4006381333931"));
    }),
  );
});
