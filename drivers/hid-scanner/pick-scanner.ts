import { type HidDevice, isKeyboard } from "../hid-device.ts";
import type { HidScannerConfig } from "./settings.ts";

/** The only thing that is ever opened: a bar code scanner (HID Point of Sale Usage Tables, page 8C, usage 02). */
const scanner = { usagePage: 0x8c, usage: 0x02 };

/**
 * The scanners among all HID devices. A path at which there also is a keyboard is never one of them: a program that opened it would read
 * what people type.
 */
export function scannersAmong(devices: readonly HidDevice[], selector: HidScannerConfig = {}): HidDevice[] {
  const typed = new Set(devices.filter(isKeyboard).map(({ path }) => path));
  const found = devices.filter(
    (device) => isScanner(device) && !typed.has(device.path) && isSelected(device, selector),
  );
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}

function isScanner({ usagePage, usage }: HidDevice): boolean {
  return usagePage === scanner.usagePage && usage === scanner.usage;
}

function isSelected(device: HidDevice, { usb, serialNumber }: HidScannerConfig): boolean {
  const isModel = usb === undefined || usb.toLowerCase() === usbOf(device);
  return isModel && (serialNumber === undefined || serialNumber === device.serialNumber);
}

/** "0c2e:0b81" */
export function usbOf({ vendorId, productId }: HidDevice): string {
  return [vendorId, productId].map((id) => id.toString(16).padStart(4, "0")).join(":");
}

/** For people, such as "Honeywell 1950g". Makers often repeat their name in the product's. */
export function nameOf({ manufacturer = "", product = "" }: HidDevice): string {
  const [maker, model] = [manufacturer.trim(), product.trim()];
  const name = model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${maker} ${model}`;
  return name.trim() || "USB scanner";
}
