import { existsSync, readFileSync, readdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { posReports } from "../support/fake-hid.ts";
import { Gadget } from "./gadget.ts";

/**
 * A scanned data report as USB-IF's HID Point of Sale Usage Tables 1.02 has it: page 8C, report 2, length, three bytes of AIM
 * identifier, 58 of data, and whether more follows; and an output report for the trigger.
 */
const posDescriptor = `
  05 8c 09 02 a1 01 09 12 a1 02 85 02 15 00 26 ff 00 75 08 95 01 05 01 09 3b 81 02 05 8c 95 03 09 fb 09 fc 09 fd 81 02
  95 3a 09 fe 82 02 01 95 01 09 ff 81 02 c0 09 60 a1 02 85 04 15 00 25 01 75 01 95 01 09 61 91 02 75 07 91 01 c0 c0`;
/** The boot keyboard of the HID specification, appendix B.1. */
const keyboardDescriptor = `
  05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 03 95 05 75 01 05 08 19 01 29 05 91 02
  95 01 75 03 91 03 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 c0`;

/** One HID function of a device: what it sends, the system hears. */
export class HidGadget {
  readonly gadget: Gadget;
  readonly #function: string;
  #file: FileHandle | undefined;

  constructor(gadget: Gadget, name: string) {
    this.gadget = gadget;
    this.#function = join(gadget.folder, "functions", name);
  }

  plug(): void {
    this.gadget.plug();
  }

  /** What was still to be sent is gone with the plug. */
  unplug(): void {
    this.gadget.unplug();
    void this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  /** Resolves when the system has taken it: not before somebody listens. */
  async send(report: Uint8Array): Promise<void> {
    this.#file ??= await open(this.#node(), "r+");
    await this.#file.write(report);
  }

  #node(): string {
    const number = readFileSync(join(this.#function, "dev"), "utf8").trim();
    const node = readdirSync("/sys/class/hidg").find(
      (name) => readFileSync(join("/sys/class/hidg", name, "dev"), "utf8").trim() === number,
    );
    if (node === undefined || !existsSync(`/dev/${node}`)) throw new Error("the device is not plugged in");
    return `/dev/${node}`;
  }
}

export interface Model {
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer: string;
  readonly product: string;
  readonly serialNumber?: string;
}

/** A scanner in HID-POS mode. */
export class PosScanner extends HidGadget {
  constructor(model: Model, port: number) {
    const functions = { "hid.pos": hidFunction(posDescriptor, 64, 0) };
    super(new Gadget({ name: `pos-${port}`, ...model, functions }, port), "hid.pos");
  }

  async scan(label: string, aim = "]Q1"): Promise<void> {
    for (const report of posReports(label, aim)) await this.send(report);
  }
}

/** A scanner in keyboard mode: types what it reads, and Enter. */
export class WedgeScanner extends HidGadget {
  constructor(model: Model, port: number) {
    const functions = { "hid.wedge": hidFunction(keyboardDescriptor, 8, 1) };
    super(new Gadget({ name: `wedge-${port}`, ...model, functions }, port), "hid.wedge");
  }

  /** `end`: with Enter, as it does after each label. */
  async type(text: string, end = true): Promise<void> {
    for (const [modifier, key] of Array.from(text, keyOf).concat(end ? [[0, enterKey]] : [])) {
      await this.send(Buffer.from([modifier, 0, key, 0, 0, 0, 0, 0]));
      await this.send(Buffer.alloc(8));
    }
  }
}

function hidFunction(descriptor: string, reportBytes: number, keyboard: 0 | 1): Record<string, string | Buffer> {
  return {
    protocol: `${keyboard}`,
    subclass: `${keyboard}`,
    report_length: `${reportBytes}`,
    report_desc: Buffer.from(descriptor.replaceAll(/\s/g, ""), "hex"),
  };
}

const enterKey = 0x28;
const shift = 0x02;
const plainKeys = new Map([
  ...Array.from("abcdefghijklmnopqrstuvwxyz", (letter, index) => [letter, 4 + index] as const),
  ...Array.from("1234567890", (digit, index) => [digit, 30 + index] as const),
  [" ", 44],
  ["-", 45],
  [".", 55],
  ["/", 56],
]);
const shiftedKeys = new Map([
  [":", 51],
  ["?", 56],
  ["_", 45],
]);

/** Modifier and key on an American keyboard, which is what scanners take every keyboard for. */
function keyOf(character: string): [number, number] {
  const plain = plainKeys.get(character);
  if (plain !== undefined) return [0, plain];
  const shifted = shiftedKeys.get(character) ?? plainKeys.get(character.toLowerCase());
  if (shifted === undefined) throw new Error(`no key for ${character}`);
  return [shift, shifted];
}
