import type { DeviceCheck, WhyNot } from "../driver-row.ts";
import type { SerialScannerConfig } from "./settings.ts";
import { portsNamed } from "./usb-port.ts";

/** Whether the port is there, and whether the service's user may use it. */
export async function checkSerialScanner(
  { path }: Pick<SerialScannerConfig, "path">,
  whyNot: WhyNot,
): Promise<DeviceCheck> {
  const [port] = await portsNamed(path).catch(() => []);
  const reason = port === undefined ? "ENOENT" : await whyNot(port.path);
  if (reason === undefined) return { state: "ok", says: "The scanner's port is there." };
  if (reason === "EACCES")
    return {
      state: "failed",
      says: "The service's user may not use the scanner's port.",
      hint: "Add the service's user to the group dialout.",
    };
  return {
    state: "failed",
    says: `The scanner's port is not there (${reason}).`,
    hint: "Plug the scanner in, and compare devices[].path with ls /dev/serial/by-id.",
  };
}
