import type { Clock } from "../clock.ts";
import { type DeviceAssignments, createDeviceAssignments, type ReleaseDevice } from "../device-assignments.ts";
import { type DeviceConnection, DeviceFailed, DeviceLost, type Driver } from "../driver.ts";
import type { HidDevice } from "../hid-device.ts";
import { type HidHandle, type HidPort, systemHidPort } from "../hid-port.ts";
import { nodeIdentity, usbPlaceOf, watchHotplug } from "../hotplug.ts";
import { inWords, wedgeScannerSetup } from "../scanner-makers.ts";
import { createReadQueue } from "../read-queue.ts";
import { listenForSilence } from "../listen-for-silence.ts";
import { nameOf, scannersAmong, usbOf } from "./pick-scanner.ts";
import { createPosReports } from "./pos-report.ts";
import type { HidScannerConfig } from "./settings.ts";

/** After this time the rest of a label is given up. */
const halfLabelMs = 2000;
/** Labels that wait to be taken. Reports that come then are lost, and that is reported: a scanner cannot be held back. */
const waitingReadsMax = 256;

/** A USB barcode scanner in HID-POS mode. */
export function hidScanner(
  config: HidScannerConfig,
  clock: Clock,
  assignments: DeviceAssignments = createDeviceAssignments(),
  port: HidPort = systemHidPort(),
): Driver {
  const owner = {};
  /** The node that could not be opened, as it was then. */
  let refusedNode = "";

  /** The scanner to take, where it is plugged in, and what it is known by wherever it comes back. */
  async function find(): Promise<{ device: HidDevice; place: string; identity: string } | undefined> {
    for (const device of scannersAmong(await port.devices(), config)) {
      const place = (await usbPlaceOf(device.path)) ?? device.path;
      const identity = identityOf(device, place);
      if (assignments.mayAssign(owner, identity, place)) return { device, place, identity };
    }
    return undefined;
  }

  /** Nothing there, or a scanner that types: then what switches it. */
  async function whyNone(): Promise<Error> {
    const setup = wedgeScannerSetup(await port.devices());
    return setup === undefined ? new DeviceLost("not plugged in") : new DeviceFailed(inWords(setup));
  }

  async function open(signal: AbortSignal): Promise<DeviceConnection> {
    const found = await find();
    const releaseDevice = found && assignments.assign(owner, found.identity, found.place);
    if (found === undefined || releaseDevice === undefined) throw await whyNone();
    try {
      const handle = await port.open(found.device.path);
      // At once: it may read from now on.
      const connection = connect(handle, { ...found, encoding: config.encoding, releaseDevice, clock, signal });
      await wakeUp(found.device, handle);
      if (signal.aborted) await connection.close();
      if (signal.aborted) throw new DeviceLost("given up");
      return connection;
    } catch (error) {
      refusedNode = await nodeIdentity(found.device.path);
      releaseDevice("unused");
      throw whyNotOpened(error);
    }
  }

  /** Whether a scanner is there, other than one that could not be opened and has not changed since. */
  async function hasCome(): Promise<boolean> {
    const found = await find().catch(() => undefined);
    if (found === undefined) refusedNode = "";
    return found !== undefined && (await nodeIdentity(found.device.path)) !== refusedNode;
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    const hotplug = watchHotplug(/^hidraw\d+$/, clock);
    try {
      while (!signal.aborted && !(await hasCome())) await hotplug.changed(signal);
    } finally {
      hotplug.stop();
    }
  }

  return { name: "hid-scanner", kind: "scanner", open, arrival };
}

/** Its serial number, or the socket that it is plugged into. */
function identityOf(device: HidDevice, place: string): string {
  return `usb ${usbOf(device)} ${device.serialNumber?.trim() || `at ${place}`}`;
}

/** Honeywell's scanners (and Youjie's, which are theirs) say nothing in HID-POS mode until a report says that the host listens. */
const honeywellVendorIds = [0x0c2e, 0x23d0];
const hostListensReport = [0xfe, 0x01];

async function wakeUp({ vendorId }: HidDevice, handle: HidHandle): Promise<void> {
  // Not every model knows the report, and those that do not need none.
  if (honeywellVendorIds.includes(vendorId)) await handle.sendFeatureReport(hostListensReport).catch(() => undefined);
}

function whyNotOpened(error: unknown): Error {
  if (error instanceof DeviceLost) return error;
  return /permission|denied|access/i.test(String(error))
    ? new DeviceFailed("may not be used by the till's user: run tillbridge doctor")
    : new DeviceLost("not plugged in");
}

interface ConnectOptions {
  readonly device: HidDevice;
  readonly identity: string;
  readonly encoding: HidScannerConfig["encoding"];
  readonly releaseDevice: ReleaseDevice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

function connect(
  handle: HidHandle,
  { device, identity, encoding, releaseDevice, clock, signal }: ConnectOptions,
): DeviceConnection {
  const queue = createReadQueue(clock);
  const reports = createPosReports(encoding);
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
    releaseDevice();
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
