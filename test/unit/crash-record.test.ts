import { expect, test } from "vitest";
import { withRun } from "../support/crash-record.ts";

const page = `# Crash record

<!-- totals -->
<!-- /totals -->

| date | commit | proof | seeds | counts | result |
|---|---|---|---|---|---|

## What was not tested

- much
`;

test("runs stand below each other, and what they counted is added up", () => {
  const one = withRun(page, [
    "2026-01-01",
    "abc",
    "simulation",
    "1 to 9",
    "10 sales in 1 min; 4 kills",
    "nothing lost, nothing doubled",
  ]);
  const two = withRun(one, ["2026-01-02", "abd", "kills", "7", "5 kills in 2 min; 3 sales", "1 faults"]);
  const three = withRun(two, [
    "2026-01-03",
    "abe",
    "simulation",
    "1 | 9",
    "20 sales; 1 kills",
    "nothing lost, nothing doubled",
  ]);
  expect(three).toContain(
    "- simulation: 2 runs, 30 sales, 5 kills, 0 runs with faults\n- kills: 1 runs, 3 sales, 5 kills, 1 runs with faults\n",
  );
  const rows = three.split("\n").filter((line) => line.startsWith("| 2026"));
  expect(rows.map((row) => row.split(" | ")[1])).toEqual(["abc", "abd", "abe"]);
  expect(three.indexOf("2026-01-03")).toBeLessThan(three.indexOf("## What was not tested"));
});
