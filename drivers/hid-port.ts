import { HIDAsync, devicesAsync } from "node-hid";
import type { HidDevice } from "./hid-device.ts";

/** One open device. `onReport` and `onEnd` are set before anything can come; after `onEnd` nothing does. */
export interface HidHandle {
  /** The report, its number first. */
  onReport: (report: Uint8Array) => void;
  /** The device has gone, or cannot be read any more. */
  onEnd: () => void;
  sendFeatureReport(report: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** What the driver needs of the system's HID devices. `open` rejects with the system's own words. */
export interface HidPort {
  devices(): Promise<readonly HidDevice[]>;
  open(path: string): Promise<HidHandle>;
}

/** node-hid, its asynchronous half only: the other can crash the process when a device is closed while it is read. */
export function systemHidPort(): HidPort {
  return {
    devices: async () =>
      (await devicesAsync()).flatMap((it) => (it.path === undefined ? [] : [{ ...it, path: it.path }])),
    open: async (path) => handleOf(await HIDAsync.open(path)),
  };
}

function handleOf(device: HIDAsync): HidHandle {
  const handle: HidHandle = {
    onReport: () => undefined,
    onEnd: () => undefined,
    sendFeatureReport: async (report) => void (await device.sendFeatureReport([...report])),
    close: () => device.close(),
  };
  device.on("error", () => handle.onEnd());
  device.on("data", (report: Buffer) => handle.onReport(report));
  return handle;
}
