import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { commandLine } from "../support/command-line.ts";
import { layTag } from "../support/nfc-tag.ts";
import { atrs, type2Tag, uriMessage } from "../support/nfc-tags.ts";
import { openPcscd } from "../support/pcscd.ts";
import { openPty, type Pty } from "../support/pty.ts";
import { type DeliveryLedger, openDeliveryLedger } from "./delivery-ledger.ts";
import { soakTable, whatGrew } from "./soak-report.ts";
import { type Footprint, openSoakTill } from "./soak-till.ts";

const { values: wish } = commandLine("soak-devices", { minutes: 60, write: false });
const startMs = performance.now();
let endMs = startMs + wish.minutes * 60_000;
/** Ends it early, with a report of what there is. */
process.on("SIGTERM", () => (endMs = performance.now()));
/** Two scanners at this pace are 25 a second; with their losses, and the tags, more than 20 are left. */
const scansEveryMs = 80;
const tapsEveryMs = 500;
/** A cable is pulled after at most so long, and stays out for at most so long. */
const holdsMsMax = 30_000;
const awayMsMax = 3000;
const sampleEveryMs = 10_000;
/** So long, and what was awaited will never come. */
const patienceMs = 30_000;

const books = {
  scanners: [openDeliveryLedger("serial-scanner-1"), openDeliveryLedger("serial-scanner-2")],
  reader: openDeliveryLedger("nfc-reader-1"),
} as const;
const booksById = new Map([...books.scanners, books.reader].map((its) => [its.account().device, its]));
const footprints: Footprint[] = [];

const scanners = [await openPty(), await openPty()] as const;
const service = await openPcscd();
const till = await openSoakTill(
  [
    ...scanners.map(({ path }) => ({ driver: "serial-scanner", path, baudRate: 9600 })),
    { driver: "nfc-reader", socket: service.socket },
  ],
  ({ event, params }) => {
    if (event === "device.changed") booksById.get(params.device.deviceId)?.state(params.device.state);
    if (event === "scan.read") booksById.get(params.deviceId)?.delivered(params.data);
    if (event === "nfc.read") booksById.get(params.deviceId)?.delivered(params.records[0]?.value ?? "");
  },
);

await Promise.all([
  soak(books.scanners[0], { read: scan(scanners[0], books.scanners[0]), lose: pull(scanners[0]) }),
  soak(books.scanners[1], { read: scan(scanners[1], books.scanners[1]), lose: pull(scanners[1]) }),
  soak(books.reader, { read: () => tap(books.reader), lose: stopService }),
  watch(),
]);
await setTimeout(2000);
await report();
await till.close();
await Promise.all([...scanners.map((scanner) => scanner.remove()), service.remove()]);

interface Device {
  /** One read, and the pause after it. */
  readonly read: () => Promise<void>;
  /** Resolves to what brings it back. */
  readonly lose: () => Promise<() => Promise<void>>;
}

async function soak(its: DeliveryLedger, { read, lose }: Device): Promise<void> {
  while (performance.now() < endMs) {
    if (!(await until(() => its.ready))) return its.complain("did not come back");
    const loseAtMs = performance.now() + Math.random() * holdsMsMax;
    while (performance.now() < Math.min(loseAtMs, endMs)) await read();
    if (performance.now() >= endMs) return;
    its.pulled();
    const bringBack = await lose();
    await setTimeout(Math.random() * awayMsMax);
    await bringBack();
  }
}

function scan(scanner: Pty, its: DeliveryLedger) {
  let nextAtMs = 0;
  return async () => {
    await setTimeout(Math.max(0, nextAtMs - performance.now()));
    // After a pause it does not hurry to make up for it.
    nextAtMs = Math.max(performance.now() - scansEveryMs, nextAtMs) + scansEveryMs;
    await scanner.write(`${its.sent()}\r`);
  };
}

function pull(scanner: Pty) {
  return async () => {
    await scanner.unplug();
    return () => scanner.plug();
  };
}

async function tap(its: DeliveryLedger): Promise<void> {
  const [{ name, port }] = service.readers;
  const message = uriMessage(its.sent());
  const answer = type2Tag(Buffer.from("04a1b2c3d4e5f6", "hex"), message);
  const tag = await layTag(port, { atr: atrs.type2, answer });
  const commands = 2 + Math.ceil((2 + message.length) / 16);
  if (!(await until(() => tag.asked >= commands))) its.complain("did not read its tag");
  its.left(tag.answeredMs);
  const removed = service.says(`Card Removed From ${name}`);
  await tag.lift();
  await removed;
  await setTimeout(tapsEveryMs);
}

async function stopService() {
  await service.stop(Math.random() < 0.5 ? "SIGTERM" : "SIGKILL");
  return () => service.start();
}

async function watch(): Promise<void> {
  while (performance.now() < endMs) {
    await setTimeout(Math.min(sampleEveryMs, Math.max(0, endMs - performance.now())));
    const footprint = await till.footprint();
    footprints.push(footprint);
    const told = accounts().map((account) => account.told);
    console.error(`${told.join(" + ")} reads, ${JSON.stringify(footprint)}`);
  }
}

function accounts() {
  return [...booksById.values()].map((its) => its.account());
}

async function report(): Promise<void> {
  const wrong = [...accounts().flatMap((account) => account.wrong), ...whatGrew(footprints)];
  const table = soakTable(accounts(), footprints, (endMs - startMs) / 60_000);
  for (const what of wrong.slice(0, 50)) console.log(what);
  console.log(table);
  console.log(wrong.length === 0 ? "soak: passed" : `soak: FAILED: ${wrong.length} things that must not be`);
  if (wish.write) await writeInto("docs/devices.md", table);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

async function writeInto(page: string, table: string): Promise<void> {
  const text = await readFile(page, "utf8");
  await writeFile(page, text.replace(/(<!-- soak -->\n)[^]*?(\n<!-- end -->)/, `$1${table}$2`));
}

/** Whether it has come true in time. */
async function until(condition: () => boolean): Promise<boolean> {
  const fromMs = performance.now();
  while (!condition() && performance.now() - fromMs < patienceMs) await setTimeout(20);
  return condition();
}
