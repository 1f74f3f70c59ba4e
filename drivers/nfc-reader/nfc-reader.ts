import type { Clock } from "../clock.ts";
import { type DeviceAssignments, createDeviceAssignments, type ReleaseDevice } from "../device-assignments.ts";
import { type DeviceConnection, DeviceLost, type Driver } from "../driver.ts";
import { createReadQueue } from "../read-queue.ts";
import { superviseHost } from "./supervise-host.ts";
import { plainName, suitableReaders } from "./pick-reader.ts";
import type { ReaderHost } from "./reader-host.ts";
import type { NfcReaderConfig } from "./settings.ts";

/** The service reports its readers one by one, the first of them a moment after it has answered. */
const firstReaderMsMax = 1000;
/** How often we look whether the service is back. */
const lookEveryMs = 250;
/** Reads that wait to be taken: tags are not held up faster than a till can publish them. */
const waitingReadsMax = 256;

/** A tag reader behind the system's smart-card service (PC/SC). */
export function nfcReader(
  config: NfcReaderConfig,
  clock: Clock,
  assignments: DeviceAssignments = createDeviceAssignments(),
): Driver {
  const hosts = superviseHost(config.socket, clock);
  const owner = {};

  function freeReader(host: ReaderHost): string | undefined {
    return suitableReaders(host.readers ?? [], config.name).find((name) => assignments.mayAssign(owner, claimOf(name)));
  }

  async function waitForReader(host: ReaderHost, signal: AbortSignal): Promise<string | undefined> {
    await until(host, () => host.readers !== undefined, signal);
    const waited = new AbortController();
    const soon = AbortSignal.any([signal, waited.signal]);
    void clock.sleep(firstReaderMsMax, soon).then(() => waited.abort());
    await until(host, () => freeReader(host) !== undefined, soon);
    waited.abort();
    return freeReader(host);
  }

  async function open(signal: AbortSignal): Promise<DeviceConnection> {
    const host = await hosts.running(signal);
    const reader = await waitForReader(host, signal);
    if (host.over) throw host.over;
    if (signal.aborted) throw new DeviceLost("given up");
    const releaseDevice = reader === undefined ? undefined : assignments.assign(owner, claimOf(reader));
    if (reader === undefined || releaseDevice === undefined) throw new DeviceLost("no reader is plugged in");
    return connect(host, { reader, releaseDevice, clock, signal });
  }

  async function arrival(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const host = await hosts.running(signal).catch(() => undefined);
      if (host === undefined) await clock.sleep(lookEveryMs, signal);
      else await until(host, () => freeReader(host) !== undefined, signal);
      if (host && freeReader(host) !== undefined) return;
    }
  }

  return { name: "nfc-reader", kind: "nfc", open, arrival, end: () => hosts.end() };
}

function claimOf(reader: string): string {
  return `nfc ${reader}`;
}

/** Waits until it is so, or the host is over, or `signal` aborts. */
async function until(host: ReaderHost, isSo: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isSo() && host.over === undefined && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const wake = () => {
        forget();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const forget = host.onChange(wake);
      signal.addEventListener("abort", wake);
    });
  }
}

interface ConnectOptions {
  readonly reader: string;
  readonly releaseDevice: ReleaseDevice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

function connect(host: ReaderHost, { reader, releaseDevice, clock, signal }: ConnectOptions): DeviceConnection {
  const queue = createReadQueue(clock);
  const leave = host.subscribe(reader, (read) => {
    if (queue.length < waitingReadsMax) queue.push([read]);
  });
  const forget = host.onChange(() => {
    if (host.over) close(host.over);
    else if (host.readers?.includes(reader) !== true) close(new DeviceLost("unplugged"));
  });
  const end = () => close();
  signal.addEventListener("abort", end, { once: true });

  function close(error?: Error): void {
    queue.end(error);
    signal.removeEventListener("abort", end);
    forget();
    leave();
    releaseDevice();
  }

  return {
    name: plainName(reader),
    identity: reader,
    reads: () => queue.reads(signal),
    arrivedMs: () => queue.arrivedMs,
    close: () => Promise.resolve(close()),
  };
}
