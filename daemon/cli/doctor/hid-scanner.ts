import type { HidDevice } from "../../../drivers/hid-scanner/hid-port.ts";
import { inWords, scannerThatTypes } from "../../../drivers/hid-scanner/makers.ts";
import { nameOf, scannersAmong, type Wanted } from "../../../drivers/hid-scanner/pick-scanner.ts";
import { type Check, failed, ok } from "./check.ts";
import { asMyself, type WhyNot } from "./may-use.ts";

/** Whether a scanner in HID-POS mode is there and may be used, and if there is none, whether one types instead. */
export async function checkHidScanner(
  name: string,
  wanted: Wanted,
  list = systemDevices,
  whyNot: WhyNot = asMyself,
): Promise<Check> {
  const devices = await list().catch(() => undefined);
  if (devices === undefined)
    return failed(name, "The program's part for USB scanners does not load.", "Set the till's program up again.");
  const [scanner] = scannersAmong(devices, wanted);
  if (scanner === undefined) return none(name, devices);
  // Only on Linux a device is a file; elsewhere opening it would tell.
  if (scanner.path.startsWith("/dev/") && (await whyNot(scanner.path)) !== undefined)
    return failed(name, `The service's user may not use the ${nameOf(scanner)}.`, usbRule("hidraw", scanner.vendorId));
  return ok(name, `The ${nameOf(scanner)} is there, in HID-POS mode.`);
}

/** What lets the service's user have one maker's devices: a udev rule, and the group that it names. */
export function usbRule(subsystem: "hidraw" | "usb", vendorId: number): string {
  const vendor = vendorId.toString(16).padStart(4, "0");
  const match = subsystem === "usb" ? "ATTR{idVendor}" : "ATTRS{idVendor}";
  return `As root: echo 'SUBSYSTEM=="${subsystem}", ${match}=="${vendor}", GROUP="tillbridge", MODE="0660"' > /etc/udev/rules.d/70-tillbridge-${vendor}.rules; udevadm control --reload; then plug it in again.`;
}

async function systemDevices(): Promise<readonly HidDevice[]> {
  const { systemHidPort } = await import("../../../drivers/hid-scanner/hid-port.ts");
  return systemHidPort().devices();
}

function none(name: string, devices: readonly HidDevice[]): Check {
  const setup = scannerThatTypes(devices);
  if (setup !== undefined) return failed(name, `${capital(inWords(setup))}.`, `Source: ${setup.source}.`);
  const hint =
    "Plug it in. If it is: switch it to HID-POS mode with the code in its guide, or name it as serial-scanner.";
  return failed(name, "No scanner in HID-POS mode is plugged in.", hint);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
