import type { DeviceConfig } from "../../config.ts";
import { type Check, warning } from "./check.ts";
import { checkHidScanner } from "./hid-scanner.ts";
import { checkKeyboardScanner } from "./keyboard-scanner.ts";
import { checkNfcReader } from "./nfc-reader.ts";
import { checkSerialScanner } from "./serial-scanner.ts";

/** One line per configured device. Nothing is opened: the running service may have it. */
export function checkDevices(devices: readonly DeviceConfig[]): Promise<Check[]> {
  if (devices.length === 0) {
    const hint = "Without a scanner, pairing needs the number printed on the sticker typed in.";
    return Promise.resolve([warning("devices", "No device is configured.", hint)]);
  }
  return Promise.all(devices.map((device, index) => checkDevice(`devices[${index}]`, device)));
}

async function checkDevice(name: string, device: DeviceConfig): Promise<Check> {
  switch (device.driver) {
    case "serial-scanner":
      return checkSerialScanner(name, device);
    case "hid-scanner":
      return checkHidScanner(name, device);
    case "keyboard-scanner":
      return checkKeyboardScanner(name, device);
    case "nfc-reader":
      return checkNfcReader(name, device);
    case "simulated":
      return warning(name, "This device is simulated.", "For developing only: take it out in a shop.");
  }
}
