import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { attribute } from "../attribute.ts";

/** Linux: what is plugged into USB, and each interface of it. */
const usbDevices = "/sys/bus/usb/devices";

export interface KeyboardSelector {
  /** Vendor and product, such as "0c2e:0b81". */
  readonly usb: string;
  readonly serialNumber?: string | undefined;
}

export interface UsbKeyboard {
  /** Interface as the kernel names it: "1-2:1.0". The same name is a path to libusb. */
  readonly place: string;
  /** The file by which the device is taken. */
  readonly node: string;
  readonly name: string;
  readonly serialNumber: string;
}

/** The keyboard interfaces of the devices of this model, whether or not the kernel types for them now. */
export async function findKeyboards({ usb, serialNumber }: KeyboardSelector): Promise<UsbKeyboard[]> {
  const entries = await readdir(usbDevices).catch(() => []);
  const keyboards: UsbKeyboard[] = [];
  for (const place of entries.filter((name) => name.includes(":"))) {
    const device = place.slice(0, place.indexOf(":"));
    if (!(await isKeyboard(place)) || (await usbOf(device)) !== usb.toLowerCase()) continue;
    const serial = await usbAttribute(device, "serial");
    if (serialNumber !== undefined && serialNumber !== serial) continue;
    keyboards.push({ place, node: await nodeOf(device), name: await nameOf(device), serialNumber: serial });
  }
  return keyboards;
}

/** HID (class 03), boot interface, keyboard (HID 1.11, 4.1 to 4.3). */
async function isKeyboard(place: string): Promise<boolean> {
  const [kind, protocol] = [
    await usbAttribute(place, "bInterfaceClass"),
    await usbAttribute(place, "bInterfaceProtocol"),
  ];
  return kind === "03" && protocol === "01";
}

async function usbOf(device: string): Promise<string> {
  return `${await usbAttribute(device, "idVendor")}:${await usbAttribute(device, "idProduct")}`;
}

async function nodeOf(device: string): Promise<string> {
  const [bus, number] = [await usbAttribute(device, "busnum"), await usbAttribute(device, "devnum")];
  return `/dev/bus/usb/${bus.padStart(3, "0")}/${number.padStart(3, "0")}`;
}

async function nameOf(device: string): Promise<string> {
  const name = `${await usbAttribute(device, "manufacturer")} ${await usbAttribute(device, "product")}`;
  return name.trim() || "USB scanner";
}

function usbAttribute(device: string, name: string): Promise<string> {
  return attribute(join(usbDevices, device), name);
}
