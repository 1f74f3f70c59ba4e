import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { World } from "../../daemon/world.ts";
import { type Connection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../driver.ts";
import { readLabel } from "../label.ts";

/** What a simulated device does next. */
export type Step =
  | { readonly do: "wait"; readonly ms: number }
  /** `label` may begin with an AIM identifier, such as `]Q1`. */
  | { readonly do: "scan"; readonly label: string }
  | { readonly do: "tap"; readonly uid: string; readonly uri?: string | undefined }
  /** Something that makes no sense. */
  | { readonly do: "garble" }
  /** The cable is pulled, and the device is not there for so long. */
  | { readonly do: "unplug"; readonly ms: number }
  /** As `unplug`, but the device is there and refuses to be opened. */
  | { readonly do: "break"; readonly ms: number };

export interface SimulatedConfig {
  readonly kind: "scanner" | "nfc";
  readonly name: string;
  readonly script: Iterable<Step> | AsyncIterable<Step>;
}

/**
 * A device that plays a script: for people who write a POS, and for the demo. The script goes on where it stood when the device
 * was lost. After its end the device stays there and reads nothing.
 */
export function simulated({ kind, name, script }: SimulatedConfig, world: World): Driver {
  const steps = stepsOf(script);
  /** Until when, on the monotonic clock, the device cannot be opened, and why. */
  let away = { untilMs: 0, error: () => new Error() };

  function leave(ms: number, error: () => Error): never {
    away = { untilMs: world.monotonicMs() + ms, error };
    throw error();
  }

  function perform(step: Step): DeviceRead {
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
      if (step.do === "wait") await world.sleep(step.ms, closing);
      else yield perform(step);
    }
  }

  return {
    name: "simulated",
    kind,
    open: (signal) => {
      if (signal.aborted) return Promise.reject(new DeviceLost("given up"));
      if (world.monotonicMs() < away.untilMs) return Promise.reject(away.error());
      return Promise.resolve(connection(name, play, signal));
    },
    arrival: async (signal) => {
      await world.sleep(Math.max(0, away.untilMs - world.monotonicMs()), signal);
    },
  };
}

/** A script that is written while it is played: every line that comes from a local socket is a scan. */
export async function* labelsFrom(path: string): AsyncIterable<Step> {
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
): Connection {
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
  let asked: Promise<IteratorResult<Step>> | undefined;

  async function next(closing: AbortSignal): Promise<Step | undefined> {
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
