import { type DriverTable, type NamedDevice, rowOf, type WhyNot } from "../../../drivers/driver-row.ts";
import { driverTable } from "../../../drivers/registry.ts";
import { errorCode } from "../../errno.ts";
import { type Check, failed, warning } from "./check.ts";
import { asMyself } from "./may-use.ts";

/** One line per configured device. Nothing is opened: the running service may have it. `whyNot`: by whom it will be used. */
export function checkDevices(
  devices: readonly NamedDevice[],
  whyNot: WhyNot = asMyself,
  drivers: DriverTable = driverTable,
): Promise<Check[]> {
  if (devices.length === 0) {
    const hint =
      "Plug it in, then: tillbridge setup --devices find. Without a scanner the number printed on the sticker is typed in.";
    return Promise.resolve([warning("devices", "No device is configured.", hint)]);
  }
  return Promise.all(
    devices.map(async (device, index) => {
      const name = `devices[${index}]`;
      try {
        return { name, ...(await rowOf(device, drivers).check(device, whyNot)) };
      } catch (error) {
        const says = `The program's part for this device does not load (${errorCode(error)}).`;
        return failed(name, says, "Set the till's program up again.");
      }
    }),
  );
}
