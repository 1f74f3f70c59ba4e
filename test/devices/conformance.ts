import { realWorld } from "../../daemon/world.ts";
import type { Driver } from "../../drivers/driver.ts";
import { hidScanner } from "../../drivers/hid-scanner/hid-scanner.ts";
import { keyboardScanner } from "../../drivers/keyboard-scanner/keyboard-scanner.ts";
import { nfcReader } from "../../drivers/nfc-reader/nfc-reader.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { type DriverRig, driverRules, type Sizes } from "../support/driver-rules.ts";
import { atrs, type2Tag, uriMessage } from "../support/nfc-tags.ts";
import { CcidReader } from "./ccid-gadget.ts";
import { prepareUsb } from "./gadget.ts";
import { PosScanner, WedgeScanner } from "./hid-gadget.ts";
import { SerialGadget } from "./serial-gadget.ts";
import { startServices } from "./services.ts";

// Runs in the machine of test/support/vm: the rules that every driver keeps, on real USB devices. Prints a line per rule.

interface Device {
  readonly name: string;
  readonly driver: () => Driver;
  readonly gadget: { plug(): void; unplug(): void };
  readonly play: DriverRig["play"];
  readonly garble: DriverRig["garble"];
  readonly sizes?: Sizes;
}

const model = { vendorId: 0x0c2e, manufacturer: "Test" };
const uid = Buffer.from("04a1b2c3d4e5f6", "hex");
/** How long the smart-card service may take to see that a tag has gone. */
const liftedMs = 300;
const ruleMsMax = 1_200_000;

async function main(wanted: string | undefined): Promise<void> {
  startServices();
  prepareUsb(4);
  for (const device of [hid(), serial(), keyboard(), await nfc()]) {
    if (wanted === undefined || device.name.includes(wanted)) await conform(device);
  }
  console.log("result: done");
  // Threads that wait for USB would keep the process from ending in any other way.
  process.kill(process.pid, "SIGKILL");
}

async function conform({ name, driver, gadget, play, garble, sizes }: Device): Promise<void> {
  let isPlugged = false;
  async function plug(): Promise<void> {
    gadget.plug();
    isPlugged = true;
    await canBeOpened(driver());
  }
  async function unplug(): Promise<void> {
    gadget.unplug();
    isPlugged = false;
  }
  async function makeRig(): Promise<DriverRig> {
    if (!isPlugged) await plug();
    return { driver: driver(), play, garble, plug, unplug, remove: async () => undefined };
  }
  for (const { title, holds } of driverRules(sizes)) {
    const timer = setTimeout(() => console.log(`check: FAILED: ${name} ${title}: takes too long`), ruleMsMax);
    await holds(makeRig).then(
      () => console.log(`check: passed: ${name} ${title}`),
      (error: unknown) => console.log(`check: FAILED: ${name} ${title}: ${String(error)}`),
    );
    clearTimeout(timer);
  }
  await unplug();
}

/** The system needs its time to find out what has been plugged in. */
async function canBeOpened(probe: Driver): Promise<void> {
  const { signal } = new AbortController();
  for (;;) {
    const connection = await probe.open(signal).catch(() => undefined);
    await connection?.close();
    if (connection !== undefined) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await probe.end?.();
}

function hid(): Device {
  const gadget = new PosScanner({ ...model, productId: 0x0b81, product: "POS scanner", serialNumber: "S1" }, 0);
  return {
    name: "the HID scanner",
    driver: () => hidScanner({}, realWorld()),
    gadget,
    play: (labels) => each(labels, (label) => gadget.scan(label)),
    garble: () => gadget.send(Buffer.alloc(64, 2)),
  };
}

function serial(): Device {
  const gadget = new SerialGadget({ ...model, productId: 0x0b8a, product: "Serial scanner", serialNumber: "S2" }, 1);
  return {
    name: "the serial scanner",
    driver: () => serialScanner({ path: "usb:0c2e:0b8a:S2", baudRate: 9600 }, realWorld()),
    gadget,
    play: (labels) => each(labels, (label) => gadget.scan(label)),
    garble: () => gadget.send(Uint8Array.of(0x01, 0xff, 0x0d)),
  };
}

function keyboard(): Device {
  const gadget = new WedgeScanner({ ...model, productId: 0x0b82, product: "Wedge", serialNumber: "S3" }, 2);
  return {
    name: "the keyboard scanner",
    driver: () => keyboardScanner({ usb: "0c2e:0b82" }, realWorld()),
    gadget,
    play: (labels) => each(labels, (label) => gadget.type(label)),
    garble: () => gadget.type("half a la", false),
    // Each is a process of its own, and each letter two reports.
    sizes: { opens: 100, reads: 100 },
  };
}

async function nfc(): Promise<Device> {
  const gadget = await CcidReader.make(3);
  async function hold(message: Buffer): Promise<void> {
    const wasRead = Promise.withResolvers<void>();
    const answer = type2Tag(uid, message);
    let commands = 2 + Math.ceil((2 + message.length) / 16);
    await gadget.lay({
      atr: atrs.type2,
      answer(command) {
        commands -= 1;
        if (commands === 0) wasRead.resolve();
        return answer(command);
      },
    });
    await wasRead.promise;
    await new Promise((resolve) => setTimeout(resolve, liftedMs));
    await gadget.lift();
    await new Promise((resolve) => setTimeout(resolve, liftedMs));
  }
  return {
    name: "the NFC reader",
    driver: () => nfcReader({}, realWorld()),
    gadget,
    play: (labels) => each(labels, (label) => hold(uriMessage(label))),
    garble: () => hold(Buffer.from([0xd1, 0x01, 0x7f, 0x55])),
    sizes: { reads: 20 },
  };
}

async function each(labels: readonly string[], read: (label: string) => Promise<void>): Promise<void> {
  for (const label of labels) await read(label);
}

await main(process.argv[2]);
