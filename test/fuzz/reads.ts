import { routeRead } from "../../daemon/devices/route-read.ts";
import type { DeviceRead } from "../../drivers/driver.ts";
import { labelBytesMax } from "../../drivers/label.ts";
import type { ValueGenerator } from "./value-generator.ts";

/** What is scanned after all the noise. */
export const goodLabel = "4006381333931";

/** Throws unless the last scan is the good label, none is longer than a label may be, and each has a taker. */
export function checkReads(reads: readonly DeviceRead[], { random }: ValueGenerator): void {
  const scans = reads.filter((read) => read.kind === "scan");
  if (scans.at(-1)?.data !== goodLabel) throw new Error("the good label after the noise was not read");
  for (const { data } of scans) {
    if (data.length > labelBytesMax) throw new Error("a label is longer than any may be");
    const situation = {
      pairingListens: random.chance(0.3),
      paymentWantsCustomerQr: random.chance(0.3),
      ownTagId: undefined,
    };
    if (!["pairing", "payment", "page"].includes(routeRead([data], situation).to))
      throw new Error("a read has no taker");
  }
}
