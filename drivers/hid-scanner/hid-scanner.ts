import type { Clock } from "../clock.ts";
import { type Claims, createClaims, type GiveBack } from "../claims.ts";
import { type Connection, DeviceFailed, DeviceLost, type Driver } from "../driver.ts";
import type { HidDevice } from "../hid-device.ts";
import { type HidHandle, type HidPort, systemHidPort } from "../hid-port.ts";
import { markOf, usbPlaceOf, watchPlugs } from "../hotplug.ts";
import { inWords, scannerThatTypes } from "../makers.ts";
import { createReadQueue } from "../read-queue.ts";
import { listenForSilence } from "../silence.ts";
import { nameOf, scannersAmong, usbOf } from "./pick-scanner.ts";
import { createPosReports } from "./pos-report.ts";
import type { HidScannerConfig } from "./settings.ts";

/** After this time the rest of a label is given up. */
const halfLabelMs = 2000;
/** Labels that wait for whoever takes them. Reports that come then are lost, and it is said: a scanner cannot be held back. */
const waitingReadsMax = 256;

/** A USB barcode scanner in HID-POS mode. */
export function hidScanner(
  config: HidScannerConfig,
  clock: Clock,
  claims: Claims = createClaims(),
  port: HidPort = systemHidPort(),
): Driver {
  const owner = {};
  /** The node that could not be opened, as it was then. */
  let refusedMark = "";

  /** The scanner to take, where it is plugged in, and what it is known by wherever it comes back. */
  async function find(): Promise<{ device: HidDevice; place: string; identity: string } | undefined> {
    for (const device of scannersAmong(await port.devices(), config)) {
      const place = (await usbPlaceOf(device.path)) ?? device.path;
      const identity = identityOf(device, place);
      if (claims.mayTake(owner, identity, place)) return { device, place, identity };
    }
    return undefined;
  }

  /** Nothing there, or a scanner that types: then what switches it. */
  async function whyNone(): Promise<Error> {
    const setup = scannerThatTypes(await port.devices());
    return setup === undefined ? new DeviceLost("not plugged in") : new DeviceFailed(inWords(setup));
  }

  async function open(signal: AbortSignal): Promise<Connection> {
    const found = await find();
    const giveBack = found && claims.take(owner, found.identity, found.place);
    if (found === undefined || giveBack === undefined) throw await whyNone();
    try {
      const handle = await port.open(found.device.path);
      // At once: it may read from now on.
      const connection = connect(handle, { ...found, giveBack, clock, signal });
      await wakeUp(found.device, handle);
      if (signal.aborted) await connection.close();
      if (signal.aborted) throw new DeviceLost("given up");
      return connection;
    } catch (error) {
      refusedMark = await markOf(found.device.path);
      giveBack("unused");
      throw whyNotOpened(error);
    }
  }

  /** Whether a scanner is there, other than one that could not be opened and has not changed since. */
  async function hasCome(): Promise<boolean> {
    const found = await find().catch(() => undefined);
    if (found === undefined) refusedMark = "";
    return found !== undefined && (await markOf(found.device.path)) !== refusedMark;
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    const plugs = watchPlugs(/^hidraw\d+$/, clock);
    try {
      while (!signal.aborted && !(await hasCome())) await plugs.changed(signal);
    } finally {
      plugs.stop();
    }
  }

  return { name: "hid-scanner", kind: "scanner", open, arrival };
}

/** Its serial number, or the socket that it is plugged into. */
function identityOf(device: HidDevice, place: string): string {
  return `usb ${usbOf(device)} ${device.serialNumber?.trim() || `at ${place}`}`;
}

/** Honeywell's scanners (and Youjie's, which are theirs) say nothing in HID-POS mode until they are told that somebody listens. */
const honeywells = [0x0c2e, 0x23d0];
const listening = [0xfe, 0x01];

async function wakeUp({ vendorId }: HidDevice, handle: HidHandle): Promise<void> {
  // Not every model knows the report, and those that do not need none.
  if (honeywells.includes(vendorId)) await handle.sendFeatureReport(listening).catch(() => undefined);
}

function whyNotOpened(error: unknown): Error {
  if (error instanceof DeviceLost) return error;
  return /permission|denied|access/i.test(String(error))
    ? new DeviceFailed("may not be used by the till's user: run tillbridge doctor")
    : new DeviceLost("not plugged in");
}

interface Taken {
  readonly device: HidDevice;
  readonly identity: string;
  readonly giveBack: GiveBack;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

function connect(handle: HidHandle, { device, identity, giveBack, clock, signal }: Taken): Connection {
  const queue = createReadQueue(clock);
  const reports = createPosReports();
  const over = new AbortController();
  let closed: Promise<void> | undefined;
  const heard = listenForSilence({
    clock,
    silenceMs: halfLabelMs,
    over: over.signal,
    waiting: () => reports.waiting,
    fellSilent: () => queue.push(reports.silence()),
  });

  handle.onReport = (report) => {
    if (queue.length >= waitingReadsMax) return void close(new DeviceLost("reads faster than the till can take"));
    queue.push(reports.push(report));
    heard();
  };
  handle.onEnd = () => void close(new DeviceLost("unplugged"));
  signal.addEventListener("abort", () => void close(), { signal: over.signal });

  function close(why?: Error): Promise<void> {
    queue.end(why);
    over.abort();
    giveBack();
    closed ??= handle.close().catch(() => undefined);
    return closed;
  }

  return {
    name: nameOf(device),
    identity,
    reads: () => queue.reads(signal),
    arrivedMs: () => queue.arrivedMs,
    close: () => close(),
  };
}
