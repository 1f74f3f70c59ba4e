import { stat } from "node:fs/promises";
import { autoDetect } from "@serialport/bindings-cpp";
import { SerialPortStream } from "@serialport/stream";
import type { Clock } from "../clock.ts";
import { type DeviceAssignments, createDeviceAssignments, type ReleaseDevice } from "../device-assignments.ts";
import { type DeviceConnection, DeviceLost, type Driver } from "../driver.ts";
import { createFramer } from "../framing.ts";
import { watchHotplug } from "../hotplug.ts";
import { createReadQueue } from "../read-queue.ts";
import { listenForSilence } from "../listen-for-silence.ts";
import { hasHungUp, whyNotOpened } from "./port-errors.ts";
import type { SerialScannerConfig } from "./settings.ts";
import { type NamedPort, portsNamed, type SerialPort } from "./usb-port.ts";

/** After this time without a byte the start of a label is given up. At 300 baud a byte takes 33 ms. */
const halfLabelMs = 2000;
/** How often we look whether the port still is, or again is, where it was: names below /dev/serial come after the node itself. */
const lookEveryMs = 250;
const nodes = /^(tty|rfcomm|cu\.)/;
/** Reads that wait to be taken; then the port is not read on, and the scanner's own flow control has its say. */
const waitingReadsMax = 256;

/** A barcode scanner on a serial port: RS-232, USB in serial mode, or Bluetooth's serial profile. */
export function serialScanner(
  config: SerialScannerConfig,
  clock: Clock,
  assignments: DeviceAssignments = createDeviceAssignments(),
  list?: () => Promise<readonly SerialPort[]>,
): Driver {
  const owner = {};
  /** What stood there, by path, device number and inode; undefined when nothing did. Not known yet: `""`. */
  let lastNode: string | undefined = "";

  async function find(): Promise<NamedPort | undefined> {
    const ports = await portsNamed(config.path, list);
    return ports.find(
      ({ identity, place, isOneOfSeveral }) => !isOneOfSeveral || assignments.mayAssign(owner, identity, place),
    );
  }

  function take({ identity, place, isOneOfSeveral }: NamedPort): ReleaseDevice | undefined {
    return isOneOfSeveral ? assignments.assign(owner, identity, place) : () => undefined;
  }

  async function open(signal: AbortSignal): Promise<DeviceConnection> {
    const found = await find();
    lastNode = portNode(found, found && (await placeOf(found.path)));
    const releaseDevice = found && take(found);
    if (found === undefined || releaseDevice === undefined) throw new DeviceLost("not plugged in");
    try {
      const port = await openPort({ ...config, path: found.path }, signal);
      // Asked again: the port may have come between the question and the opening.
      const place = await placeOf(found.path);
      lastNode = portNode(found, place);
      return connect(port, { config, found, releaseDevice, clock, signal, place });
    } catch (error) {
      releaseDevice("unused");
      throw error;
    }
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    const hotplug = watchHotplug(nodes, clock, lookEveryMs);
    while (!signal.aborted) {
      const before = lastNode;
      const found = await find().catch(() => undefined);
      lastNode = portNode(found, found && (await placeOf(found.path)));
      if (lastNode !== undefined && lastNode !== before) break;
      await hotplug.changed(signal);
    }
    hotplug.stop();
  }

  return { name: "serial-scanner", kind: "scanner", open, arrival };
}

function portNode(found: NamedPort | undefined, place: string | undefined): string | undefined {
  return found === undefined || place === undefined ? undefined : `${found.path} ${place}`;
}

type Port = SerialPortStream<ReturnType<typeof autoDetect>>;

async function openPort(config: SerialScannerConfig, signal: AbortSignal): Promise<Port> {
  const { path, baudRate, dataBits = 8, parity = "none", stopBits = 1, flowControl = "none" } = config;
  const xonxoff = flowControl === "xonxoff";
  const port: Port = new SerialPortStream({
    binding: autoDetect(),
    autoOpen: false,
    highWaterMark: 4096,
    path,
    baudRate,
    dataBits,
    parity,
    stopBits,
    rtscts: flowControl === "rtscts",
    xon: xonxoff,
    xoff: xonxoff,
  });
  // Opening cannot be called off: a port that opens after we have gone is closed again.
  await new Promise<void>((resolve, reject) => {
    const giveUp = () => reject(new DeviceLost("given up"));
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    port.open((error) => {
      signal.removeEventListener("abort", giveUp);
      if (error) reject(whyNotOpened(error.message));
      else if (signal.aborted) port.close(() => {});
      else resolve();
    });
  });
  return port;
}

interface ConnectOptions {
  readonly config: SerialScannerConfig;
  readonly found: NamedPort;
  readonly releaseDevice: ReleaseDevice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly place: string | undefined;
}

function connect(port: Port, { config, found, releaseDevice, clock, signal, place }: ConnectOptions): DeviceConnection {
  const queue = createReadQueue(clock);
  const framer = createFramer(config.silenceMs !== undefined, config.encoding);
  const over = new AbortController();
  const closed = Promise.withResolvers<void>();
  const heard = listenForSilence({
    clock,
    silenceMs: config.silenceMs ?? halfLabelMs,
    over: over.signal,
    // A port that is not read on is silent because we are.
    waiting: () => framer.waiting && !port.isPaused(),
    fellSilent: () => queue.push(framer.silence()),
  });

  port.on("data", (bytes: Buffer) => {
    queue.push(framer.push(bytes));
    if (queue.length > waitingReadsMax) port.pause();
    heard();
  });
  // An unplugged port says `close`; one that fails while it is being closed says `error` and nothing more.
  for (const end of ["close", "error"]) port.on(end, () => finish(new DeviceLost("unplugged")));
  signal.addEventListener("abort", () => void close(), { signal: over.signal });
  if (place !== "") void watchPlace();

  /**
   * Not every system reports when a port goes, and the binding reads on in vain when it goes between two reads. Where it stood
   * then stands nothing, or another.
   */
  async function watchPlace(): Promise<void> {
    const hotplug = watchHotplug(nodes, clock, lookEveryMs);
    while (!over.signal.aborted) {
      await hotplug.changed(over.signal);
      const isThere = place !== undefined && place === (await placeOf(found.path)) && !(await hasHungUp(port.port));
      if (!isThere) void close(new DeviceLost("unplugged"));
    }
    hotplug.stop();
  }

  function close(error?: Error): Promise<void> {
    queue.end(error);
    if (port.isOpen) port.close(() => finish());
    return closed.promise;
  }

  function finish(error?: Error): void {
    queue.end(error);
    over.abort();
    releaseDevice();
    closed.resolve();
  }

  function readOn(): void {
    if (!port.isPaused() || queue.length > waitingReadsMax) return;
    port.resume();
    heard();
  }

  return {
    name: found.name,
    identity: found.identity,
    reads: () => queue.reads(signal, readOn),
    arrivedMs: () => queue.arrivedMs,
    close: () => close(),
  };
}

/** Distinguishes a port from another that takes its place. Undefined when there is none; `""` where ports are no files. */
async function placeOf(path: string): Promise<string | undefined> {
  if (!path.startsWith("/")) return "";
  try {
    const { rdev, ino } = await stat(path);
    return `${rdev} ${ino}`;
  } catch {
    return undefined;
  }
}
