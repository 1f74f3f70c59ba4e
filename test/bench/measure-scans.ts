import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { NFC, type Reader } from "nfc-pcsc";
import { readTag } from "../../drivers/nfc-reader/read-tag.ts";
import { layTag } from "../support/nfc-tag.ts";
import { atrs, type2Tag, uriMessage } from "../support/nfc-tags.ts";
import { openPcscd, type SmartCardService } from "../support/pcscd.ts";
import { openPty, type Pty } from "../support/pty.ts";
import { bootMachine, buildMachine } from "../support/vm/machine.ts";
import { openSoakTill } from "../devices/soak-till.ts";
import { bareSerialReads } from "./baselines.ts";
import { type Sample, sampleOf, timed } from "./figures.ts";

/** From the device to the page, and the same without anything of ours. */
export interface ScanFigures {
  readonly date: string;
  readonly serial: Pair;
  readonly nfc: Pair;
  /** Real USB devices in an emulated computer, by its own clock; undefined where there is none. To the event, without a page. */
  readonly emulated?: { readonly hid: Pair; readonly serial: Pair; readonly nfc: { readonly till: Sample } };
}

export interface Pair {
  readonly bare: Sample;
  readonly till: Sample;
}

const uid = Buffer.from("04a1b2c3d4e5f6", "hex");
const scansMax = 300;
const tapsMax = 40;
/** A tag that was not read by then is not counted. */
const unreadMs = 5000;

export async function measureScans(): Promise<ScanFigures> {
  const [pty, service] = [await openPty(), await openPcscd()];
  const bare = { serial: sampleOf(await bareSerialReads()), nfc: sampleOf(await bareTaps(service)) };
  const till = await tillFigures(pty, service);
  await Promise.all([pty.remove(), service.remove()]);
  const emulated = existsSync("/usr/bin/qemu-system-x86_64") ? await emulatedFigures() : undefined;
  return {
    date: new Date().toISOString().slice(0, 10),
    serial: { bare: bare.serial, till: till.serial },
    nfc: { bare: bare.nfc, till: till.nfc },
    ...(emulated !== undefined && { emulated }),
  };
}

/** The shipped program, and a page that listens. */
async function tillFigures(pty: Pty, service: SmartCardService): Promise<{ serial: Sample; nfc: Sample }> {
  let told = (_text: string) => {};
  const ready = new Set<string>();
  const devices = [
    { driver: "serial-scanner", path: pty.path, baudRate: 9600 },
    { driver: "nfc-reader", socket: service.socket },
  ];
  const till = await openSoakTill(devices, ({ event, params }) => {
    if (event === "device.changed" && params.device.state === "ready") ready.add(params.device.deviceId);
    if (event === "device.changed") told(params.device.deviceId);
    if (event === "scan.read") told(params.data);
    if (event === "nfc.read") told(params.records[0]?.value ?? "");
  });
  const when = (text: string) => new Promise<void>((resolve) => (told = (what) => what === text && resolve()));
  while (ready.size < devices.length) await new Promise<void>((resolve) => (told = () => resolve()));
  const serial = await timed(scansMax, async (index) => {
    const event = when(label(index));
    await pty.write(`${label(index)}\r`);
    await event;
  });
  const nfc = await taps(service, async (text) => {
    await when(text);
    return performance.now();
  });
  await till.close();
  return { serial: sampleOf(serial), nfc: sampleOf(nfc) };
}

/** nfc-pcsc in this process, with nothing around it but the commands that the tag is asked. */
async function bareTaps(service: SmartCardService): Promise<number[]> {
  process.env["PCSCLITE_CSOCK_NAME"] = service.socket;
  const nfc = new NFC();
  let read = (_text: string) => {};
  nfc.on("error", () => undefined);
  nfc.on("reader", (reader: Reader) => {
    reader.autoProcessing = false;
    reader.on("error", () => undefined);
    reader.on("card", ({ atr }: { readonly atr?: Buffer }) => {
      const transmit = (command: Uint8Array, max: number) => reader.transmit(Buffer.from(command), max);
      readTag(transmit, atr ?? Buffer.alloc(0)).then(
        ({ records }) => read(records[0]?.value ?? ""),
        () => undefined,
      );
    });
  });
  const values = await taps(service, (text) => {
    return new Promise((resolve) => (read = (what) => what === text && resolve(performance.now())));
  });
  nfc.close();
  return values;
}

/** Milliseconds from a tag's last answer until it was told: what the tag itself takes is not ours. */
async function taps(service: SmartCardService, told: (text: string) => Promise<number>): Promise<number[]> {
  const [{ name, port }] = service.readers;
  const values: number[] = [];
  for (let index = 0; index < tapsMax + 4; index += 1) {
    const atMs = Promise.race([told(label(index)), setTimeout(unreadMs, undefined)]);
    const tag = await layTag(port, { atr: atrs.type2, answer: type2Tag(uid, uriMessage(label(index))) });
    const wasToldMs = await atMs;
    if (wasToldMs !== undefined) values.push(wasToldMs - tag.answeredMs);
    const removed = service.says(`Card Removed From ${name}`);
    await tag.lift();
    await removed;
  }
  return values.slice(4);
}

interface EmulatedRun {
  readonly hid: { readonly bare: number[]; readonly till: number[] };
  readonly serial: { readonly bare: number[]; readonly till: number[] };
  readonly nfc: { readonly till: number[] };
}

async function emulatedFigures(): Promise<ScanFigures["emulated"]> {
  await buildMachine();
  let result = "";
  const machine = await bootMachine({
    job: "cd /checkout && UV_THREADPOOL_SIZE=16 node test/devices/latency.ts",
    // By its own clock: what else this computer does is not measured with it.
    ownTime: true,
    onLine: (line) => {
      if (line.startsWith("result: ")) result = line.slice("result: ".length);
    },
  });
  await machine.ended;
  if (result === "") throw new Error("the emulated computer told nothing");
  // Printed by our own program, of the same checkout.
  const { hid, serial, nfc } = JSON.parse(result) as EmulatedRun;
  const pair = ({ bare, till }: EmulatedRun["hid"]) => ({ bare: sampleOf(bare), till: sampleOf(till) });
  return { hid: pair(hid), serial: pair(serial), nfc: { till: sampleOf(nfc.till) } };
}

function label(index: number): string {
  return `57012345${String(index).padStart(5, "0")}`;
}
