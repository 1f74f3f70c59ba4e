import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeviceRead } from "../../drivers/driver.ts";
import { createPosReports } from "../../drivers/hid-scanner/pos-report.ts";
import { posReports } from "../support/fake-hid.ts";
import { checkout } from "../support/imports.ts";

interface Recorded {
  readonly source: string;
  readonly reports: readonly string[];
  readonly reads: readonly unknown[];
}

const folder = join(checkout, "test/fixtures/hid");
const failed = (words: string) => ({ kind: "failed", detail: expect.stringContaining(words) });

function read(reports: readonly Uint8Array[]): DeviceRead[] {
  const scanner = createPosReports();
  return reports.flatMap((report) => scanner.push(report));
}

describe("recorded reports", () => {
  test.each(readdirSync(folder))("%s", (file) => {
    const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded;
    expect(recorded.source).toMatch(/\S/);
    expect(read(recorded.reports.map((hex) => Buffer.from(hex, "hex")))).toEqual(recorded.reads);
  });
});

describe("a label", () => {
  test.each([
    ["in UTF-8", "Smörgåsbord 寿司"],
    ["of the largest QR code", "7".repeat(7089)],
    ["of exactly one report", "x".repeat(56)],
    ["of several lines", "BEGIN:VCARD\r\nN:Jensen\nEND:VCARD"],
    ["with separators of GS1 fields", "10ABC\u001d21123"],
  ])("%s is read whole", (_, data) => {
    expect(read(posReports(data, "]Q1"))).toEqual([{ kind: "scan", data, aim: "]Q1", symbology: "qr" }]);
  });

  test("in Latin-1 is read as such", () => {
    const [data] = read(posReports(Buffer.from("Smörgåsbord", "latin1"), "]Q1"));
    expect(data).toMatchObject({ data: "Smörgåsbord" });
  });

  test("without an AIM identifier is read without one", () => {
    expect(read(posReports("4006381333931", ""))).toEqual([{ kind: "scan", data: "4006381333931" }]);
  });

  test("whose AIM identifier stands in its first report only is read whole", () => {
    const data = "x".repeat(150);
    const reports = posReports(data, "]Q1");
    for (const rest of reports.slice(1)) rest.fill(0, 2, 5);
    expect(read(reports)).toEqual([{ kind: "scan", data, aim: "]Q1", symbology: "qr" }]);
  });

  test("loses the line end that the scanner is set to add", () => {
    expect(read(posReports("96385074\r\n", "]E4"))).toMatchObject([{ data: "96385074" }]);
  });

  test.each([
    ["]E0", "4006381333931", "4006381333932"],
    ["]E4", "96385074", "96385073"],
    // UPC-A and UPC-E, of a scanner that leaves leading zeros out.
    ["]E0", "036000291452", "036000291453"],
    ["]E0", "04252614", "04252615"],
  ])("of %s whose check digit does not fit is refused", (aim, right, wrong) => {
    expect(read(posReports(right, aim))).toMatchObject([{ kind: "scan", data: right }]);
    expect(read(posReports(wrong, aim))).toEqual([failed("check digit")]);
  });

  test("of no bytes is told, where the scanner says what it read", () => {
    expect(read(posReports("", "]E0"))).toEqual([failed("empty")]);
    expect(read(posReports("", ""))).toEqual([]);
  });

  test("whose identifier the scanner sends twice has it once", () => {
    expect(read(posReports("]E04006381333931", "]E0"))).toEqual([
      { kind: "scan", data: "4006381333931", aim: "]E0", symbology: "ean13" },
    ]);
    expect(read(posReports("]Q1text", "]C0"))).toEqual([
      { kind: "scan", data: "]Q1text", aim: "]C0", symbology: "code128" },
    ]);
  });
});

describe("what makes no sense is one failed read, and the next label is read", () => {
  const good = posReports("after", "]Q1");
  const after = { kind: "scan", data: "after", aim: "]Q1", symbology: "qr" };
  const [half = Buffer.alloc(0)] = posReports("y".repeat(100), "]C0");

  test("half a label and then another one", () => {
    expect(read([half, ...good])).toEqual([failed("half a label"), after]);
  });

  test("half a label and then silence", () => {
    const scanner = createPosReports();
    expect(scanner.push(half)).toEqual([]);
    expect(scanner.waiting).toBe(true);
    expect(scanner.silence()).toEqual([failed("half a label")]);
    expect(scanner.silence()).toEqual([]);
    expect(good.flatMap((report) => scanner.push(report))).toEqual([after]);
  });

  test("a length beyond the report", () => {
    const lying = Buffer.from(posReports("x", "]E0")[0] ?? []);
    lying[1] = 200;
    expect(read([lying, ...good])).toEqual([failed("no sense"), after]);
  });

  test("a label that never ends", () => {
    const scanner = createPosReports();
    for (let count = 0; count < 10_000; count += 1) expect(scanner.push(half)).toEqual([]);
    const end = posReports("z", "]C0").flatMap((report) => scanner.push(report));
    expect(end).toEqual([failed("more than")]);
    expect(good.flatMap((report) => scanner.push(report))).toEqual([after]);
  });

  test("reports of other kinds are no reads at all", () => {
    expect(read([Buffer.from([4, 1, 2, 3]), Buffer.alloc(0), ...good])).toEqual([after]);
  });

  test("any bytes at all", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 20 }), (reports) => {
        const scanner = createPosReports();
        for (const report of reports) scanner.push(report);
        scanner.silence();
        expect(good.flatMap((report) => scanner.push(report))).toEqual([after]);
      }),
    );
  });
});
