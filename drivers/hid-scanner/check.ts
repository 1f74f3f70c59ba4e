import type { DeviceCheck, WhyNot } from "../driver-row.ts";
import type { HidDevice } from "../hid-device.ts";
import { inWords, wedgeScannerSetup } from "../scanner-makers.ts";
import { systemDevicePaths } from "../device-paths.ts";
import { usbRule } from "../udev-rule.ts";
import { nameOf, scannersAmong } from "./pick-scanner.ts";
import type { HidScannerConfig } from "./settings.ts";

/** Whether a scanner in HID-POS mode is there and may be used, and if there is none, whether one types instead. */
export async function checkHidScanner(
  wanted: HidScannerConfig,
  whyNot: WhyNot,
  list = systemDevicePaths.hid,
): Promise<DeviceCheck> {
  const devices = await list().catch(() => undefined);
  if (devices === undefined)
    return failed("The program's part for USB scanners does not load.", "Set the till's program up again.");
  const [scanner] = scannersAmong(devices, wanted);
  if (scanner === undefined) return none(devices);
  // Only on Linux a device is a file; elsewhere opening it would show that.
  if (scanner.path.startsWith("/dev/") && (await whyNot(scanner.path)) !== undefined)
    return failed(`The service's user may not use the ${nameOf(scanner)}.`, usbRule("hidraw", scanner.vendorId));
  return { state: "ok", says: `The ${nameOf(scanner)} is there, in HID-POS mode.` };
}

function none(devices: readonly HidDevice[]): DeviceCheck {
  const setup = wedgeScannerSetup(devices);
  if (setup !== undefined) return failed(`${capital(inWords(setup))}.`, `Source: ${setup.source}.`);
  return failed(
    "No scanner in HID-POS mode is plugged in.",
    "Plug it in. If it is: switch it to HID-POS mode with the code in its guide, or name it as serial-scanner.",
  );
}

function failed(says: string, hint: string): DeviceCheck {
  return { state: "failed", says, hint };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
