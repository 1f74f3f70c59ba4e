import { createFramer } from "../../drivers/framing.ts";
import type { Dough } from "./dough.ts";
import { checkReads, goodLabel } from "./reads.ts";
import type { FuzzTarget } from "./target.ts";

/** A serial line full of noise: whatever comes, in whatever pieces, the good label after it is read, and every read finds a taker. */
export function serialTarget(): FuzzTarget {
  return {
    name: "serial",
    run: async (dough) => {
      const framer = createFramer(dough.dice.chance(0.5));
      const reads = dough.dice.list(20, () => framer.push(bytesOf(dough))).flat();
      reads.push(...framer.silence(), ...framer.push(Buffer.from(`\r${goodLabel}\r`)));
      checkReads(reads, dough);
    },
    close: async () => undefined,
  };
}

function bytesOf(dough: Dough): Buffer {
  const label = Buffer.from(dough.dice.pick([goodLabel, "\u0002", "\r", "\n", "\u0003", "]C1", dough.text()]));
  return dough.dice.chance(0.5) ? dough.spoilBytes(label) : dough.bytes(300);
}
