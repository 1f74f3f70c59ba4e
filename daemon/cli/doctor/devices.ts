import { constants } from "node:fs";
import { access } from "node:fs/promises";
import type { DeviceConfig } from "../../config.ts";
import { type Check, failed, ok, reasonOf, warning } from "./check.ts";

/** One line per configured device. Nothing is opened: the running service may have it. */
export function checkDevices(devices: readonly DeviceConfig[]): Promise<Check[]> {
  if (devices.length === 0) {
    const hint = "Without a scanner, pairing needs the number printed on the sticker typed in.";
    return Promise.resolve([warning("devices", "No device is configured.", hint)]);
  }
  return Promise.all(devices.map((device, index) => checkDevice(`devices[${index}]`, device)));
}

async function checkDevice(name: string, device: DeviceConfig): Promise<Check> {
  if (device.driver === "simulated")
    return warning(name, "This device is simulated.", "For developing only: take it out in a shop.");
  if (device.driver !== "serial-scanner")
    return { name, state: "unknown", says: `Whether the ${device.driver} is there, only the service sees.` };
  try {
    await access(device.path, constants.R_OK | constants.W_OK);
    return ok(name, "The scanner's port is there.");
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === "EACCES")
      return failed(name, "This user may not use the scanner's port.", "Add the service's user to the group dialout.");
    return failed(
      name,
      `The scanner's port is not there (${reason}).`,
      "Plug the scanner in, and compare devices[].path with ls /dev/serial/by-id.",
    );
  }
}
