import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { createDevices } from "../../daemon/devices/devices.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import { realWorld } from "../../daemon/world.ts";
import { atrs, type2Tag, uriMessage } from "../support/nfc-tags.ts";
import { CcidReader } from "./ccid-gadget.ts";
import { prepareUsb } from "./gadget.ts";
import { PosScanner } from "./hid-gadget.ts";
import { SerialGadget } from "./serial-gadget.ts";
import { startServices } from "./services.ts";

// Runs in the machine of test/support/vm: how long a read takes from the USB device to the till's event, and to a program that does
// nothing but read the device's file. Prints what it found as one line of JSON.

const readsMax = 220;
/** How long the smart-card service may take to see that a tag has gone. */
const liftedMs = 300;
const tapsMax = 44;

async function main(): Promise<void> {
  startServices();
  prepareUsb(3);
  const model = { vendorId: 0x0c2e, manufacturer: "Test" };
  const pos = new PosScanner({ ...model, productId: 0x0b81, product: "POS scanner", serialNumber: "S1" }, 0);
  const serial = new SerialGadget({ ...model, productId: 0x0b8a, product: "Serial scanner", serialNumber: "S2" }, 1);
  const reader = await CcidReader.make(2);
  pos.plug();
  serial.plug();
  const hidNode = await node(() => readdirSync("/dev").find((name) => name.startsWith("hidraw")));
  const serialNode = await node(() => (existsSync("/dev/ttyACM0") ? "ttyACM0" : undefined));
  execFileSync("stty", ["-F", serialNode, "raw", "-echo"]);
  const bare = {
    hid: await bareReads(hidNode, (text) => pos.scan(text)),
    serial: await bareReads(serialNode, (text) => serial.scan(text)),
  };
  reader.plug();
  const till = await openTill();
  const found = {
    hid: { bare: bare.hid, till: await till.reads((text) => pos.scan(text)) },
    serial: { bare: bare.serial, till: await till.reads((text) => serial.scan(text)) },
    nfc: { till: await till.taps(reader) },
  };
  console.log(`result: ${JSON.stringify(found)}`);
  // Threads that wait for USB would keep the process from ending in any other way.
  process.kill(process.pid, "SIGKILL");
}

async function node(find: () => string | undefined): Promise<string> {
  for (;;) {
    const name = find();
    if (name !== undefined) return `/dev/${name}`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function bareReads(path: string, scan: (text: string) => Promise<void>): Promise<number[]> {
  const file = await open(path);
  // No more reads than labels: one that was left waiting would take the till's first.
  const values = await timed(readsMax, (index) => Promise.all([file.read(Buffer.alloc(64)), scan(label(index))]));
  await file.close();
  return values;
}

/** The till's devices; an event counts when it is handed to the sockets. */
async function openTill() {
  let told = (_event: BridgeEvent) => {};
  const devices = createDevices({
    devices: [
      { driver: "hid-scanner" },
      { driver: "serial-scanner", path: "usb:0c2e:0b8a", baudRate: 9600 },
      { driver: "nfc-reader" },
    ],
    world: realWorld(),
    log: silentLogger,
    consumers: {
      pairing: { listening: () => false, takeScan: () => ({ handled: false }) },
      payments: { wantsCustomerQr: () => false, takeCustomerQr: async () => false },
      ownTagId: () => undefined,
    },
    emit: (event) => told(event),
  });
  devices.start();
  while (!devices.list().every(({ state }) => state === "ready"))
    await new Promise((resolve) => setTimeout(resolve, 50));

  function when(text: string): Promise<void> {
    return new Promise((resolve) => {
      told = (event) => {
        if (event.event === "scan.read" && event.params.data === text) resolve();
        if (event.event === "nfc.read" && event.params.records[0]?.value === text) resolve();
      };
    });
  }

  const reads = (scan: (text: string) => Promise<void>) =>
    timed(readsMax, async (index) => {
      const event = when(label(index));
      await Promise.all([scan(label(index)), event]);
    });

  async function taps(reader: CcidReader): Promise<number[]> {
    const values: number[] = [];
    for (let index = 0; index < tapsMax; index += 1) {
      const event = when(label(index));
      const answer = type2Tag(Buffer.from("04a1b2c3d4e5f6", "hex"), uriMessage(label(index)));
      await reader.lay({ atr: atrs.type2, answer });
      await event;
      values.push(performance.now() - reader.answeredMs);
      await reader.lift();
      await new Promise((resolve) => setTimeout(resolve, liftedMs));
    }
    return values.slice(tapsMax / 11);
  }
  return { reads, taps };
}

function label(index: number): string {
  return `57012345${String(index).padStart(5, "0")}`;
}

/** The first ones warm up. */
async function timed(times: number, once: (index: number) => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const fromMs = performance.now();
    await once(index);
    values.push(performance.now() - fromMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return values.slice(times / 11);
}

await main();
