import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Clock } from "../clock.ts";
import { type DeviceConnection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../driver.ts";
import { readLabel } from "../label.ts";
import type { SimulatedSettings, ScriptStep } from "./settings.ts";

export interface SimulatedConfig {
  readonly kind: "scanner" | "nfc";
  readonly name: string;
  readonly script: Iterable<ScriptStep> | AsyncIterable<ScriptStep>;
}

/**
 * A device that plays a script: for people who write a POS, and for the demo. The script goes on where it stood when the device
 * was lost. After its end the device stays there and reads nothing.
 */
export function simulated({ kind, name, script }: SimulatedConfig, clock: Clock): Driver {
  const steps = stepsOf(script);
  /** Until when, on the monotonic clock, the device cannot be opened, and why. */
  let away = { untilMs: 0, error: () => new Error() };

  function leave(ms: number, error: () => Error): never {
    away = { untilMs: clock.monotonicMs() + ms, error };
    throw error();
  }

  function playStep(step: ScriptStep): DeviceRead {
    switch (step.do) {
      case "scan":
        return readLabel(Buffer.from(step.label));
      case "tap":
        return {
          kind: "tap",
          uid: step.uid,
          records: step.uri === undefined ? [] : [{ type: "uri", value: step.uri }],
        };
      case "unplug":
        return leave(step.ms, () => new DeviceLost("unplugged"));
      case "break":
        return leave(step.ms, () => new DeviceFailed("is broken, as its script says"));
      default:
        return { kind: "failed", detail: "a label that cannot be read" };
    }
  }

  async function* play(closing: AbortSignal): AsyncGenerator<DeviceRead> {
    for (;;) {
      const step = await steps.next(closing);
      if (step === undefined || closing.aborted) return;
      if (step.do === "wait") await clock.sleep(step.ms, closing);
      else yield playStep(step);
    }
  }

  return {
    name: "simulated",
    kind,
    open: (signal) => {
      if (signal.aborted) return Promise.reject(new DeviceLost("given up"));
      if (clock.monotonicMs() < away.untilMs) return Promise.reject(away.error());
      return Promise.resolve(connection(name, play, signal));
    },
    arrival: async (signal) => {
      await clock.sleep(Math.max(0, away.untilMs - clock.monotonicMs()), signal);
    },
  };
}

/** The device of the settings. */
export function simulatedAsSet(settings: SimulatedSettings, clock: Clock): Driver {
  const { socket } = settings;
  return simulated({ ...settings, script: socket === undefined ? scriptOf(settings) : labelsFrom(socket) }, clock);
}

function* scriptOf({ script, repeat }: SimulatedSettings): Iterable<ScriptStep> {
  yield* script;
  while (repeat) {
    // A script without a pause would keep the till from doing anything else.
    yield { do: "wait", ms: 1000 };
    yield* script;
  }
}

/** A script that is written while it is played: every line that comes from a local socket is a scan. */
export async function* labelsFrom(path: string): AsyncIterable<ScriptStep> {
  const socket = connect(path);
  await once(socket, "connect").catch(() => {
    throw new DeviceFailed("nobody listens at its socket");
  });
  socket.on("error", () => {});
  for await (const label of createInterface({ input: socket })) yield { do: "scan", label };
}

function connection(
  name: string,
  play: (closing: AbortSignal) => AsyncIterable<DeviceRead>,
  signal: AbortSignal,
): DeviceConnection {
  const closing = new AbortController();
  const close = () => closing.abort();
  signal.addEventListener("abort", close, { signal: closing.signal });
  return {
    name,
    identity: `simulated ${name}`,
    reads: () => play(closing.signal),
    close: () => Promise.resolve(close()),
  };
}

/** Steps one by one. A step that was asked for when the device was closed is kept for the next connection. */
function stepsOf(script: SimulatedConfig["script"]) {
  const iterator = Symbol.asyncIterator in script ? script[Symbol.asyncIterator]() : script[Symbol.iterator]();
  let asked: Promise<IteratorResult<ScriptStep>> | undefined;

  async function next(closing: AbortSignal): Promise<ScriptStep | undefined> {
    asked ??= Promise.resolve(iterator.next());
    const result = await unlessAborted(asked, closing);
    if (result === undefined) return undefined;
    if (result.done === true) return unlessAborted(new Promise<undefined>(() => {}), closing);
    asked = undefined;
    return result.value;
  }

  return { next };
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  const aborted = Promise.withResolvers<undefined>();
  const abort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}
