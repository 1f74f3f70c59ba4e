import type { FoundDevices, FoundDevice } from "../driver-row.ts";
import type { HidDevice } from "../hid-device.ts";
import { inWords, wedgeScannerSetup } from "../scanner-makers.ts";
import type { DevicePaths } from "../device-paths.ts";
import { nameOf, scannersAmong, usbOf } from "./pick-scanner.ts";

const notLoaded = "The program's part for USB scanners does not load: set the till's program up again.";

/** Scanners in HID-POS mode, and what switches one that types instead. */
export async function findHidScanners({ hid }: Pick<DevicePaths, "hid">): Promise<FoundDevices> {
  const devices = await hid().catch(() => undefined);
  if (devices === undefined) return { devices: [], advice: [notLoaded] };
  const typing = wedgeScannerSetup(devices);
  const advice = typing === undefined ? [] : [`Found, but not taken: ${inWords(typing)}.`];
  return { devices: named(scannersAmong(devices)), advice };
}

/** One scanner is named by what it is, so that its successor needs no change; several by their numbers. */
function named(scanners: readonly HidDevice[]): FoundDevice[] {
  return scanners.map((scanner) => ({
    name: `${nameOf(scanner)} (barcode scanner, HID-POS)`,
    settings: {
      driver: "hid-scanner",
      ...(scanners.length > 1 && { usb: usbOf(scanner), ...serialOf(scanner) }),
    },
    isSure: true,
  }));
}

function serialOf({ serialNumber }: HidDevice): { serialNumber?: string } {
  const serial = serialNumber?.trim();
  return serial ? { serialNumber: serial } : {};
}
