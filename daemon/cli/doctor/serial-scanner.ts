import { portsNamed } from "../../../drivers/serial-scanner/usb-port.ts";
import { type Check, failed, ok } from "./check.ts";
import { asMyself, type WhyNot } from "./may-use.ts";

/** Whether the port is there, and whether the service's user may use it. */
export async function checkSerialScanner(
  name: string,
  { path }: { readonly path: string },
  whyNot: WhyNot = asMyself,
): Promise<Check> {
  const [port] = await portsNamed(path).catch(() => []);
  const reason = port === undefined ? "ENOENT" : await whyNot(port.path);
  if (reason === undefined) return ok(name, "The scanner's port is there.");
  if (reason === "EACCES")
    return failed(
      name,
      "The service's user may not use the scanner's port.",
      "Add the service's user to the group dialout.",
    );
  return failed(
    name,
    `The scanner's port is not there (${reason}).`,
    "Plug the scanner in, and compare devices[].path with ls /dev/serial/by-id.",
  );
}
