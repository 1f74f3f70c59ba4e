import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "../clock.ts";
import { type DeviceAssignments, createDeviceAssignments, type ReleaseDevice } from "../device-assignments.ts";
import { type DeviceConnection, DeviceFailed, DeviceLost, type Driver } from "../driver.ts";
import { createFramer } from "../framing.ts";
import { watchHotplug } from "../hotplug.ts";
import { programFile } from "../program-file.ts";
import { createReadQueue } from "../read-queue.ts";
import { listenForSilence } from "../listen-for-silence.ts";
import { createKeyDecoder } from "./key-decoder.ts";
import type { FromKeyboard, ToKeyboard } from "./messages.ts";
import type { KeyboardScannerConfig } from "./settings.ts";
import { findKeyboards, type UsbKeyboard } from "./usb-keyboards.ts";

/** After this time without a key the start of a label is given up. */
const halfLabelMs = 2000;
/** As many as any driver keeps for a till that does not come to take them. */
const waitingReadsMax = 256;
/** How long the process may take to give the scanner back to the system. */
const giveBackMsMax = 1000;
const memoryOptions = ["--max-semi-space-size=1", "--max-old-space-size=32"];

/** A USB scanner in keyboard mode, taken from the system for the till alone: it types into no window. Linux only. */
export function keyboardScanner(
  config: KeyboardScannerConfig,
  clock: Clock,
  assignments: DeviceAssignments = createDeviceAssignments(),
): Driver {
  const owner = {};
  /** The interface that could not be taken, until it has gone. */
  let refusedPlace = "";

  async function find(): Promise<UsbKeyboard | undefined> {
    const keyboards = await findKeyboards(config);
    return keyboards.find((keyboard) => assignments.mayAssign(owner, identityOf(config, keyboard), socketOf(keyboard)));
  }

  async function open(signal: AbortSignal): Promise<DeviceConnection> {
    const keyboard = await find();
    if (!keyboard) throw new DeviceLost("not plugged in");
    const identity = identityOf(config, keyboard);
    const releaseDevice = assignments.assign(owner, identity, socketOf(keyboard));
    if (!releaseDevice) throw new DeviceLost("not plugged in");
    const child = fork(programFile(import.meta.url, "keyboard-process.ts", "keyboard-scanner.mjs"), [keyboard.place], {
      execArgv: memoryOptions,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    try {
      await isReady(child, signal);
    } catch (error) {
      refusedPlace = keyboard.place;
      child.kill("SIGKILL");
      releaseDevice("unused");
      throw error;
    }
    return connect(child, { config, clock, signal, releaseDevice, identity, name: keyboard.name });
  }

  async function hasCome(): Promise<boolean> {
    const keyboard = await find();
    if (keyboard === undefined) refusedPlace = "";
    return keyboard !== undefined && keyboard.place !== refusedPlace;
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    // USB devices come and go one folder further down than is watched; those that type also come here.
    const hotplug = watchHotplug(/^(hidraw|bus|input)/, clock, lookEveryMs);
    while (!signal.aborted && !(await hasCome())) await hotplug.changed(signal);
    hotplug.stop();
  }

  return { name: "keyboard-scanner", kind: "scanner", open, arrival };
}

/** A scanner that is plugged in is taken within a second. */
const lookEveryMs = 500;

function identityOf({ usb }: KeyboardScannerConfig, { serialNumber, place }: UsbKeyboard): string {
  return `usb ${usb.toLowerCase()} ${serialNumber || `at ${place}`}`;
}

/** Where it is plugged in, without which of its interfaces types: "1-2". */
function socketOf({ place }: UsbKeyboard): string {
  return place.slice(0, place.indexOf(":"));
}

/** Resolves when the process has taken the scanner. */
function isReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new DeviceLost("given up"));
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    child.once("message", (message: FromKeyboard) => {
      signal.removeEventListener("abort", giveUp);
      if (message.say === "ready") resolve();
      else reject(whyNotTaken(message.say === "ended" ? message.because : undefined));
    });
    child.once("exit", () => reject(new DeviceLost("not plugged in")));
    child.once("error", () =>
      reject(new DeviceFailed("its program could not be started: set the till's program up again")),
    );
  });
}

function whyNotTaken(said = ""): Error {
  return /no such device|not found|disconnected/i.test(said)
    ? new DeviceLost("not plugged in")
    : new DeviceFailed("may not be taken by the till's user: run tillbridge doctor");
}

interface ConnectOptions {
  readonly config: KeyboardScannerConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly releaseDevice: ReleaseDevice;
  readonly identity: string;
  readonly name: string;
}

function connect(
  child: ChildProcess,
  { config, clock, signal, releaseDevice, identity, name }: ConnectOptions,
): DeviceConnection {
  const queue = createReadQueue(clock);
  const decoder = createKeyDecoder();
  const framer = createFramer(config.silenceMs !== undefined);
  const over = new AbortController();
  const gone = new AbortController();
  const heard = listenForSilence({
    clock,
    silenceMs: config.silenceMs ?? halfLabelMs,
    over: over.signal,
    waiting: () => framer.waiting,
    fellSilent: () => queue.push(framer.silence()),
  });

  child.on("message", (message: FromKeyboard) => {
    if (message.say === "ended") finish(new DeviceLost("unplugged"));
    if (message.say !== "report") return;
    if (queue.length >= waitingReadsMax) return finish(new DeviceLost("reads faster than the till can take"));
    queue.push(framer.push(Buffer.from(decoder.push(Uint8Array.from(message.bytes)))));
    heard();
  });
  child.on("exit", () => {
    finish(new DeviceLost("unplugged"));
    gone.abort();
  });
  signal.addEventListener("abort", () => finish(), { signal: over.signal });
  // Not before a listener is there: a label that is typed meanwhile would lose its first letters.
  tell("listen");

  function tell(message: ToKeyboard): void {
    if (child.connected) child.send(message, () => undefined);
  }

  function finish(why?: Error): void {
    if (over.signal.aborted) return;
    queue.end(why);
    over.abort();
    releaseDevice();
    void releaseKeyboard();
  }

  /** The process gives the scanner back to the system before it ends. */
  async function releaseKeyboard(): Promise<void> {
    tell("close");
    await clock.sleep(giveBackMsMax, gone.signal);
    child.kill("SIGKILL");
  }

  return {
    name,
    identity,
    reads: () => queue.reads(signal),
    arrivedMs: () => queue.arrivedMs,
    async close() {
      finish();
      await clock.sleep(giveBackMsMax, gone.signal);
    },
  };
}
