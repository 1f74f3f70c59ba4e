import type { DeviceRead } from "../../drivers/driver.ts";
import { labelBytesMax } from "../../drivers/label.ts";
import { createFramer } from "../../drivers/serial-scanner/framing.ts";
import { route } from "../../daemon/devices/route.ts";
import type { Dough } from "./dough.ts";
import type { FuzzTarget } from "./target.ts";

const good = "4006381333931";

/** A serial line full of noise: whatever comes, in whatever pieces, the good label after it is read, and every read finds a taker. */
export function serialTarget(): FuzzTarget {
  return {
    name: "serial",
    run: async (dough) => {
      const framer = createFramer(dough.dice.chance(0.5));
      const reads = dough.dice.list(20, () => framer.push(bytesOf(dough))).flat();
      reads.push(...framer.silence(), ...framer.push(Buffer.from(`\r${good}\r`)));
      check(reads, dough);
    },
    close: async () => undefined,
  };
}

function bytesOf(dough: Dough): Buffer {
  const label = Buffer.from(dough.dice.pick([good, "\u0002", "\r", "\n", "\u0003", "]C1", dough.text()]));
  return dough.dice.chance(0.5) ? dough.spoilBytes(label) : dough.bytes(300);
}

function check(reads: readonly DeviceRead[], dough: Dough): void {
  const scans = reads.filter((read) => read.kind === "scan");
  if (scans.at(-1)?.data !== good) throw new Error("the good label after the noise was not read");
  for (const { data } of scans) {
    if (data.length > labelBytesMax) throw new Error("a label is longer than any may be");
    const situation = {
      pairingListens: dough.dice.chance(0.3),
      paymentWantsCustomerQr: dough.dice.chance(0.3),
      ownTagId: undefined,
    };
    if (!["pairing", "payment", "page"].includes(route([data], situation).to)) throw new Error("a read has no taker");
  }
}
