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

// Runs in the machine of test/support/vm: pulls each device's plug and puts it in again, over and over, under the till's own
// supervisor and drivers. Prints what it found as one line of JSON.

interface Device {
  readonly id: string;
  plug(): void;
  unplug(): void;
  /** Reads `text`. Resolves to when the device had it ready. */
  read(text: string): Promise<number>;
  /** Makes ready for the next read. */
  rest(): Promise<void>;
}

interface Figures {
  /** Milliseconds, one for each cycle. */
  readonly lossNoticed: number[];
  readonly ready: number[];
  readonly usable: number[];
  readonly added: number[];
}

function noFigures(): Figures {
  return { lossNoticed: [], ready: [], usable: [], added: [] };
}

const stepMsMax = 30_000;

async function main(cyclesMax: number): Promise<void> {
  startServices();
  prepareUsb(3);
  const till = watchTill();
  const all = [hidDevice(), serialDevice(), await nfcDevice()];
  till.devices.start();
  const figures = Object.fromEntries(all.map(({ id }): [string, Figures] => [id, noFigures()]));
  for (const device of all) device.plug();
  for (const { id } of all) await till.until(`${id} is ready`, () => till.stateOf(id) === "ready");
  for (let cycle = 1; cycle <= cyclesMax; cycle += 1) {
    for (const device of all) await pullAndPut(device, { cycle, till, figures: figures[device.id] });
    if (cycle % 10 === 0) console.log(`cycle ${cycle} of ${cyclesMax}`);
  }
  console.log(`result: ${JSON.stringify({ figures, devices: till.devices.list(), held: held() })}`);
  // Threads that wait for USB would keep the process from ending in any other way.
  process.kill(process.pid, "SIGKILL");
}

type Till = ReturnType<typeof watchTill>;

interface Cycle {
  readonly cycle: number;
  readonly till: Till;
  readonly figures: Figures | undefined;
}

async function pullAndPut(device: Device, { cycle, till, figures }: Cycle): Promise<void> {
  const { id } = device;
  const pulledMs = performance.now();
  device.unplug();
  await till.until(`${id} is lost`, () => till.stateOf(id) !== "ready");
  figures?.lossNoticed.push(performance.now() - pulledMs);

  const putMs = performance.now();
  device.plug();
  await till.until(`${id} is back`, () => till.stateOf(id) === "ready");
  figures?.ready.push(performance.now() - putMs);

  const text = `a:${id} ${cycle}`;
  const sentMs = await device.read(text);
  await till.until(`${id} reads`, () => till.reads.get(text) !== undefined);
  const told = till.reads.get(text) ?? 0;
  figures?.usable.push(told - putMs);
  figures?.added.push(told - sentMs);
  await device.rest();
}

/** The till's devices, and what they tell. */
function watchTill() {
  const reads = new Map<string, number>();
  let told = () => {};
  const devices = createDevices({
    devices: [
      { driver: "hid-scanner" },
      { driver: "serial-scanner", path: "/dev/serial/by-id/usb-Test_Serial_scanner_S2-if00", baudRate: 9600 },
      { driver: "nfc-reader" },
    ],
    world: realWorld(),
    log: silentLogger,
    consumers: {
      pairing: { listening: () => false, takeScan: () => ({ handled: false }) },
      payments: { wantsCustomerQr: () => false, takeCustomerQr: async () => false },
      ownTagId: () => undefined,
    },
    emit(event) {
      for (const text of textsOf(event)) {
        // An error thrown here would be the till's to log, and nobody would see it.
        if (reads.has(text)) giveUp(`read twice: ${text}`, devices.list());
        reads.set(text, performance.now());
      }
      told();
    },
  });

  async function until(what: string, condition: () => boolean): Promise<void> {
    const timer = setTimeout(() => giveUp(what, devices.list()), stepMsMax);
    while (!condition()) await new Promise<void>((resolve) => (told = resolve));
    clearTimeout(timer);
  }

  const stateOf = (id: string) => devices.list().find(({ deviceId }) => deviceId === id)?.state;
  return { devices, reads, until, stateOf };
}

function textsOf(event: BridgeEvent): string[] {
  if (event.event === "scan.read") return [event.params.data];
  return event.event === "nfc.read" ? event.params.records.map(({ value }) => value) : [];
}

function giveUp(what: string, found: unknown): never {
  console.log(`result: ${JSON.stringify({ failed: what, found })}`);
  process.kill(process.pid, "SIGKILL");
  throw new Error(what);
}

function hidDevice(): Device {
  const scanner = new PosScanner(
    { vendorId: 0x0c2e, productId: 0x0b81, manufacturer: "Test", product: "POS scanner", serialNumber: "S1" },
    0,
  );
  return {
    id: "hid-scanner-1",
    plug: () => scanner.plug(),
    unplug: () => scanner.unplug(),
    read: (text) => timed(() => scanner.scan(text)),
    rest: async () => undefined,
  };
}

function serialDevice(): Device {
  const scanner = new SerialGadget(
    { vendorId: 0x0c2e, productId: 0x0b8a, manufacturer: "Test", product: "Serial scanner", serialNumber: "S2" },
    1,
  );
  return {
    id: "serial-scanner-1",
    plug: () => scanner.plug(),
    unplug: () => scanner.unplug(),
    read: (text) => timed(() => scanner.scan(text)),
    rest: async () => undefined,
  };
}

async function nfcDevice(): Promise<Device> {
  const reader = await CcidReader.make(2);
  return {
    id: "nfc-reader-1",
    plug: () => reader.plug(),
    unplug: () => reader.unplug(),
    async read(text) {
      const answer = type2Tag(Buffer.from("04a1b2c3d4e5f6", "hex"), uriMessage(text));
      await reader.lay({ atr: atrs.type2, answer });
      return performance.now();
    },
    rest: () => reader.lift(),
  };
}

async function timed(act: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await act();
  return startedMs;
}

function held() {
  const { rss } = process.memoryUsage();
  return { megabytes: Math.round(rss / 1_048_576) };
}

await main(Number(process.argv[2] ?? 3));
