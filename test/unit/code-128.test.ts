import { expect, test } from "vitest";
import { scannerCode } from "../../daemon/server/pages/code-128.ts";

/** Symbol values from widths, by the rule that each is told by: six widths that sum to eleven; the stop has seven. */
function symbols(widths: readonly number[]): string[] {
  const all = Array.from({ length: Math.floor(widths.length / 6) }, (_, at) =>
    widths.slice(at * 6, at * 6 + 6).join(""),
  );
  return [...all.slice(0, -1), widths.slice((all.length - 1) * 6).join("")];
}

test("a code for the scanner itself begins with FNC3, ends with its check and the stop, and has every symbol eleven wide", () => {
  const made = symbols(scannerCode("AB"));
  // Start B, FNC3, A, B, check (104 + 96 + 2 × 33 + 3 × 34) mod 103 = 59, stop: ISO/IEC 15417, table 1.
  expect(made).toEqual(["211214", "114311", "111323", "131123", "332111", "2331112"]);
});

test("a carriage return at its end stands in the set of control characters", () => {
  const made = symbols(scannerCode("$P,HA47,P\r"));
  // Code A, then 77: CR.
  expect(made.slice(-4, -2)).toEqual(["311141", "413111"]);
  for (const one of made.slice(0, -1)) expect(Array.from(one, Number).reduce((sum, width) => sum + width)).toBe(11);
});
