import { expect, test } from "vitest";
import { createDuplicateReads } from "../../daemon/devices/duplicate-reads.ts";
import { createLatency } from "../../daemon/devices/latency.ts";

const scan = (data: string) => ({ kind: "scan", data }) as const;
const tap = (uid: string) => ({ kind: "tap", uid, records: [] }) as const;

test("a label that is read again at once is marked, and one that is scanned again later is not", () => {
  const doubles = createDuplicateReads();
  const marks = [0, 300, 900, 1600, 2500].map((atMs) => doubles.isRepeated(scan("1"), atMs));
  expect(marks).toEqual([false, true, true, true, false]);
});

test("another label between them makes it no double", () => {
  const doubles = createDuplicateReads();
  expect(["1", "2", "1"].map((data, index) => doubles.isRepeated(scan(data), index))).toEqual([false, false, false]);
});

test("a tag that is taken off and put on again at once is marked", () => {
  const doubles = createDuplicateReads();
  expect([doubles.isRepeated(tap("04a1"), 0), doubles.isRepeated(tap("04a1"), 500)]).toEqual([false, true]);
});

test("what could not be read is never a double, and does not hide one", () => {
  const doubles = createDuplicateReads();
  doubles.isRepeated(scan("1"), 0);
  expect(doubles.isRepeated({ kind: "failed", detail: "" }, 100)).toBe(false);
  expect(doubles.isRepeated(scan("1"), 200)).toBe(true);
});

test("latency is told of the last 200 reads, and not at all before the first", () => {
  const latency = createLatency();
  expect(latency.figures()).toEqual({});
  for (let ms = 1; ms <= 1000; ms += 1) latency.add(ms);
  expect(latency.figures()).toEqual({ latencyMs: { p50: 900, p99: 998 } });
});
