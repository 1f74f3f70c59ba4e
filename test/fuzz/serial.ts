import { createFramer } from "../../drivers/framing.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkReads, goodLabel } from "./reads.ts";
import type { FuzzTarget } from "./target.ts";

/** A serial line full of noise: whatever comes, in whatever pieces, the good label after it is read, and every read finds a taker. */
export function serialTarget(): FuzzTarget {
  return {
    name: "serial",
    run: async (generator) => {
      const framer = createFramer(generator.random.chance(0.5));
      const reads = generator.random.list(20, () => framer.push(bytesOf(generator))).flat();
      reads.push(...framer.silence(), ...framer.push(Buffer.from(`\r${goodLabel}\r`)));
      checkReads(reads, generator);
    },
    close: async () => undefined,
  };
}

function bytesOf(generator: ValueGenerator): Buffer {
  const label = Buffer.from(
    generator.random.pick([goodLabel, "\u0002", "\r", "\n", "\u0003", "]C1", generator.text()]),
  );
  return generator.random.chance(0.5) ? generator.mutateBytes(label) : generator.bytes(300);
}
