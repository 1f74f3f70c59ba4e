import type { HidDevice } from "./hid-device.ts";

/** Where a system shows what is plugged in. */
export interface DevicePaths {
  readonly hid: () => Promise<readonly HidDevice[]>;
  /** Linux: links named after the maker and model of each USB serial port. */
  readonly serialById: string;
  /** Linux: a folder for each serial port, within that of the device it belongs to. */
  readonly ttys: string;
  /** Linux: a folder for each USB device and each of its interfaces. */
  readonly usb: string;
}

/** `hid` rejects when the program's part for USB does not load. */
export const systemDevicePaths: DevicePaths = {
  hid: async () => (await import("./hid-port.ts")).systemHidPort().devices(),
  serialById: "/dev/serial/by-id",
  ttys: "/sys/class/tty",
  usb: "/sys/bus/usb/devices",
};
