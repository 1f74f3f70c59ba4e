import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "../clock.ts";
import { type Claims, createClaims, type GiveBack } from "../claims.ts";
import { type Connection, DeviceFailed, DeviceLost, type Driver } from "../driver.ts";
import { createFramer } from "../framing.ts";
import { watchPlugs } from "../hotplug.ts";
import { programFile } from "../program-file.ts";
import { createReadQueue } from "../read-queue.ts";
import { listenForSilence } from "../silence.ts";
import { createTyping } from "./key-reports.ts";
import type { FromKeyboard, ToKeyboard } from "./messages.ts";
import type { KeyboardScannerConfig } from "./settings.ts";
import { findKeyboards, type UsbKeyboard } from "./usb-keyboards.ts";

/** After this time without a key the start of a label is given up. */
const halfLabelMs = 2000;
const waitingReadsMax = 256;
/** How long the process may take to give the scanner back to the system. */
const giveBackMsMax = 1000;
const memoryOptions = ["--max-semi-space-size=1", "--max-old-space-size=32"];

/** A USB scanner in keyboard mode, taken from the system for the till alone: it types into no window. Linux only. */
export function keyboardScanner(config: KeyboardScannerConfig, clock: Clock, claims: Claims = createClaims()): Driver {
  const owner = {};
  /** The interface that could not be taken, until it has gone. */
  let refused = "";

  async function find(): Promise<UsbKeyboard | undefined> {
    const keyboards = await findKeyboards(config);
    return keyboards.find((keyboard) => claims.mayTake(owner, identityOf(config, keyboard), socketOf(keyboard)));
  }

  async function open(signal: AbortSignal): Promise<Connection> {
    const keyboard = await find();
    if (!keyboard) throw new DeviceLost("not plugged in");
    const identity = identityOf(config, keyboard);
    const giveBack = claims.take(owner, identity, socketOf(keyboard));
    if (!giveBack) throw new DeviceLost("not plugged in");
    const child = fork(programFile(import.meta.url, "keyboard-process.ts", "keyboard-scanner.mjs"), [keyboard.place], {
      execArgv: memoryOptions,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    try {
      await isReady(child, signal);
    } catch (error) {
      refused = keyboard.place;
      child.kill("SIGKILL");
      giveBack("unused");
      throw error;
    }
    return connect(child, { config, clock, signal, giveBack, identity, name: keyboard.name });
  }

  async function hasCome(): Promise<boolean> {
    const keyboard = await find();
    if (keyboard === undefined) refused = "";
    return keyboard !== undefined && keyboard.place !== refused;
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    // USB devices come and go one folder further down than is watched; those that type also come here.
    const plugs = watchPlugs(/^(hidraw|bus|input)/, clock, lookEveryMs);
    while (!signal.aborted && !(await hasCome())) await plugs.changed(signal);
    plugs.stop();
  }

  return { name: "keyboard-scanner", kind: "scanner", open, arrival };
}

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

interface Taken {
  readonly config: KeyboardScannerConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly giveBack: GiveBack;
  readonly identity: string;
  readonly name: string;
}

function connect(child: ChildProcess, { config, clock, signal, giveBack, identity, name }: Taken): Connection {
  const queue = createReadQueue(clock);
  const typing = createTyping();
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
    queue.push(framer.push(Buffer.from(typing.push(Uint8Array.from(message.bytes)))));
    heard();
  });
  child.on("exit", () => {
    finish(new DeviceLost("unplugged"));
    gone.abort();
  });
  signal.addEventListener("abort", () => finish(), { signal: over.signal });
  // Not before somebody listens: a label that is typed meanwhile would lose its first letters.
  tell("listen");

  function tell(message: ToKeyboard): void {
    if (child.connected) child.send(message, () => undefined);
  }

  function finish(why?: Error): void {
    if (over.signal.aborted) return;
    queue.end(why);
    over.abort();
    giveBack();
    void letGo();
  }

  /** The process gives the scanner back to the system before it ends. */
  async function letGo(): Promise<void> {
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
