import { createKeyDecoder } from "../../drivers/keyboard-scanner/key-decoder.ts";
import { createPosReports } from "../../drivers/hid-scanner/pos-report.ts";
import { createFramer } from "../../drivers/framing.ts";
import { posReports } from "../support/fake-hid.ts";
import type { ValueGenerator } from "./value-generator.ts";
import { checkReads, goodLabel } from "./reads.ts";
import type { FuzzTarget } from "./target.ts";

/** USB scanners of both kinds: whatever reports come, the good label after them is read, and every read finds a taker. */
export function hidTarget(): FuzzTarget {
  return {
    name: "hid",
    run: async (generator) => {
      checkReads(posReads(generator), generator);
      checkReads(typedReads(generator), generator);
    },
    close: async () => undefined,
  };
}

const aims = ["]E0", "]C1", "]Q3", "]d2", "\0\0\0", ""];

function posReads(generator: ValueGenerator) {
  const { random } = generator;
  const pos = createPosReports();
  const push = (report: Uint8Array) => pos.push(report);
  const labels = random.list(1 + generator.whole(4), () =>
    posReports(generator.text().slice(0, 9000), random.pick(aims)),
  );
  const reads = labels.flat().flatMap((report) => push(random.chance(0.3) ? spoiltReport(report, generator) : report));
  return [...reads, ...pos.silence(), ...posReports(goodLabel, "]E0").flatMap(push)];
}

/** Of the wrong size, of another number, with another length, or all noise behind the number. */
function spoiltReport(report: Buffer, generator: ValueGenerator): Buffer {
  const { random } = generator;
  if (random.chance(0.3)) return generator.mutateBytes(report);
  if (random.chance(0.3)) return Buffer.concat([Buffer.from([2]), generator.bytes(63)]);
  const copy = Buffer.from(report);
  copy[random.pick([0, 1, 2, 3, 62, 63])] = generator.whole(255);
  return copy;
}

const released = Buffer.alloc(8);
const enter = 0x28;
const firstDigit = 0x1e;

function typedReads(generator: ValueGenerator) {
  const typing = createKeyDecoder();
  const framer = createFramer(generator.random.chance(0.5));
  const push = (report: Uint8Array) => framer.push(Buffer.from(typing.push(report)));
  const reads = generator.random
    .list(generator.whole(60), () => push(generator.bytes(generator.random.pick([8, 8, 8, 9, 2, 64]))))
    .flat();
  push(released);
  reads.push(...framer.silence());
  for (const key of [enter, ...Array.from(goodLabel, keyOf), enter]) reads.push(...push(press(key)), ...push(released));
  return reads;
}

/** The digits 1 to 9 and 0, in this order, on page 07 of the HID Usage Tables. */
function keyOf(digit: string): number {
  return firstDigit + ((Number(digit) + 9) % 10);
}

function press(key: number): Buffer {
  return Buffer.from([0, 0, key, 0, 0, 0, 0, 0]);
}
