import type { DeviceConfig } from "../../config/config.ts";
import { type Check, warning } from "./check.ts";
import { checkHidScanner } from "./hid-scanner.ts";
import { checkKeyboardScanner } from "./keyboard-scanner.ts";
import { asMyself, type WhyNot } from "./may-use.ts";
import { checkNfcReader } from "./nfc-reader.ts";
import { checkSerialScanner } from "./serial-scanner.ts";

/** One line per configured device. Nothing is opened: the running service may have it. `whyNot`: by whom it will be used. */
export function checkDevices(devices: readonly DeviceConfig[], whyNot: WhyNot = asMyself): Promise<Check[]> {
  if (devices.length === 0) {
    const hint =
      "Plug it in, then: tillbridge setup --devices find. Without a scanner the number printed on the sticker is typed in.";
    return Promise.resolve([warning("devices", "No device is configured.", hint)]);
  }
  return Promise.all(devices.map((device, index) => checkDevice(`devices[${index}]`, device, whyNot)));
}

async function checkDevice(name: string, device: DeviceConfig, whyNot: WhyNot): Promise<Check> {
  switch (device.driver) {
    case "serial-scanner":
      return checkSerialScanner(name, device, whyNot);
    case "hid-scanner":
      return checkHidScanner(name, device, undefined, whyNot);
    case "keyboard-scanner":
      return checkKeyboardScanner(name, device, whyNot);
    case "nfc-reader":
      return checkNfcReader(name, device);
    case "simulated":
      return warning(name, "This device is simulated.", "For developing only: take it out in a shop.");
  }
}
