import { readdir, readlink } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { autoDetect } from "@serialport/bindings-cpp";
import { attribute } from "../attribute.ts";
import { nameOfPort } from "./port-errors.ts";

/** A serial port, and the USB device behind it where there is one. */
export interface SerialPort {
  readonly path: string;
  readonly name: string;
  /** Vendor and product, such as "0c2e:0b8a". */
  readonly usb?: string;
  readonly serialNumber?: string;
  /** Where it is plugged in. */
  readonly place?: string;
}

/** A port as the settings name it: its path, or what is plugged into it. `identity`: what it is known by wherever it comes back. */
export interface NamedPort {
  readonly path: string;
  readonly name: string;
  readonly identity: string;
  /** Where it is plugged in. */
  readonly place: string;
  /** Several settings may mean it. */
  readonly isOneOfSeveral: boolean;
}

/** `usb:`, vendor and product as lsusb shows them, and the serial number where there are two of a kind. */
const address = /^usb:([0-9a-f]{4}:[0-9a-f]{4})(?::(.+))?$/i;

/**
 * The ports that a setting may mean. A path means itself, whether or not anything is there. A USB address means whatever port such
 * a device has now: its number may be another one after each replug, on Windows even on another socket.
 */
export async function portsNamed(
  setting: string,
  list: () => Promise<readonly SerialPort[]> = systemPorts,
): Promise<readonly NamedPort[]> {
  const [, usb, serialNumber] = address.exec(setting) ?? [];
  if (usb === undefined)
    return [{ path: setting, name: nameOfPort(setting), identity: setting, place: setting, isOneOfSeveral: false }];
  const ports = await list();
  const meant = ports.filter(
    (port) => port.usb === usb.toLowerCase() && (serialNumber === undefined || port.serialNumber === serialNumber),
  );
  return meant.map(({ path, name, serialNumber: its, place = path }) => ({
    path,
    name,
    identity: `usb ${usb.toLowerCase()} ${its || `at ${place}`}`,
    place,
    isOneOfSeveral: true,
  }));
}

function systemPorts(): Promise<readonly SerialPort[]> {
  return platform() === "linux" ? portsOfLinux() : portsOfBinding();
}

const ttys = "/sys/class/tty";
const usbDevices = "/sys/bus/usb/devices";

/** From the kernel itself: the binding would start a program for it each time. */
async function portsOfLinux(): Promise<readonly SerialPort[]> {
  const names = await readdir(ttys).catch(() => []);
  const ports = await Promise.all(names.filter((name) => /^tty(ACM|USB|XRUSB)\d+$/.test(name)).map(portOfLinux));
  return ports.flatMap((port) => port ?? []);
}

async function portOfLinux(name: string): Promise<SerialPort | undefined> {
  const way = await readlink(join(ttys, name)).catch(() => "");
  const place = way.split("/").findLast((part) => /^\d+-\d+(\.\d+)*$/.test(part));
  if (place === undefined) return undefined;
  const device = join(usbDevices, place);
  const product = `${await attribute(device, "manufacturer")} ${await attribute(device, "product")}`.trim();
  return {
    path: `/dev/${name}`,
    name: product || name,
    usb: `${await attribute(device, "idVendor")}:${await attribute(device, "idProduct")}`,
    serialNumber: await attribute(device, "serial"),
    place,
  };
}

async function portsOfBinding(): Promise<readonly SerialPort[]> {
  const ports = await autoDetect().list();
  return ports.map(({ path, manufacturer, vendorId, productId, serialNumber, locationId }) => ({
    path,
    name: manufacturer ?? path,
    ...(vendorId !== undefined && productId !== undefined && { usb: `${vendorId}:${productId}`.toLowerCase() }),
    ...(serialNumber !== undefined && { serialNumber }),
    ...(locationId !== undefined && { place: locationId }),
  }));
}
