import { createTyping } from "../../drivers/keyboard-scanner/key-reports.ts";
import { createPosReports } from "../../drivers/hid-scanner/pos-report.ts";
import { createFramer } from "../../drivers/framing.ts";
import { posReports } from "../support/fake-hid.ts";
import type { Dough } from "./dough.ts";
import { checkReads, goodLabel } from "./reads.ts";
import type { FuzzTarget } from "./target.ts";

/** USB scanners of both kinds: whatever reports come, the good label after them is read, and every read finds a taker. */
export function hidTarget(): FuzzTarget {
  return {
    name: "hid",
    run: async (dough) => {
      checkReads(posReads(dough), dough);
      checkReads(typedReads(dough), dough);
    },
    close: async () => undefined,
  };
}

const aims = ["]E0", "]C1", "]Q3", "]d2", "\0\0\0", ""];

function posReads(dough: Dough) {
  const { dice } = dough;
  const pos = createPosReports();
  const push = (report: Uint8Array) => pos.push(report);
  const labels = dice.list(1 + dough.whole(4), () => posReports(dough.text().slice(0, 9000), dice.pick(aims)));
  const reads = labels.flat().flatMap((report) => push(dice.chance(0.3) ? spoiltReport(report, dough) : report));
  return [...reads, ...pos.silence(), ...posReports(goodLabel, "]E0").flatMap(push)];
}

/** Of the wrong size, of another number, with another length, or all noise behind the number. */
function spoiltReport(report: Buffer, dough: Dough): Buffer {
  const { dice } = dough;
  if (dice.chance(0.3)) return dough.spoilBytes(report);
  if (dice.chance(0.3)) return Buffer.concat([Buffer.from([2]), dough.bytes(63)]);
  const copy = Buffer.from(report);
  copy[dice.pick([0, 1, 2, 3, 62, 63])] = dough.whole(255);
  return copy;
}

const released = Buffer.alloc(8);
const enter = 0x28;
const firstDigit = 0x1e;

function typedReads(dough: Dough) {
  const typing = createTyping();
  const framer = createFramer(dough.dice.chance(0.5));
  const push = (report: Uint8Array) => framer.push(Buffer.from(typing.push(report)));
  const reads = dough.dice.list(dough.whole(60), () => push(dough.bytes(dough.dice.pick([8, 8, 8, 9, 2, 64])))).flat();
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
