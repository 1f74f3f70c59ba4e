import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { operations } from "../../daemon/devkit/simulator/faults.ts";
import { calls } from "../../daemon/devkit/simulator/http/control.ts";
import { faultKinds } from "../../daemon/devkit/simulator/http/control-requests.ts";
import { forcedApproval, forcedRefund } from "../../daemon/devkit/simulator/platform/forced-amounts.ts";
import { checkout } from "../support/imports.ts";

const guide = readFileSync(join(checkout, "docs/simulator.md"), "utf8");

describe("docs/simulator.md", () => {
  test.each([
    ["operation", [...operations]],
    ["fault", [...faultKinds]],
    ["control call", [...calls]],
  ])("names every %s", (_what, names) => {
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  test("lists exactly the amounts that make something happen", () => {
    const listed = [...guide.matchAll(/^\| (\d{3}) \|/gm)].map(([, amount]) => Number(amount));
    const all = Array.from({ length: 1000 }, (_none, value) => value);
    expect(listed).toEqual(all.filter((value) => forcedApproval({ currency: "NOK", value })));
    const refunds = all.filter((value) => forcedRefund({ currency: "DKK", value }));
    expect(refunds.map((value) => guide.includes(` ${value} `))).toEqual([true, true]);
  });
});
