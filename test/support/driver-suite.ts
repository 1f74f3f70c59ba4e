import { describe, test } from "vitest";
import { type DriverRig, driverRules, type Sizes } from "./driver-rules.ts";

export function driverSuite(name: string, makeRig: () => Promise<DriverRig>, sizes: Sizes = {}): void {
  describe(name, () => {
    for (const { title, holds } of driverRules(sizes)) test(title, () => holds(makeRig));
  });
}
