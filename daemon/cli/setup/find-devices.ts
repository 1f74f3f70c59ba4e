import { type DriverTable, type FoundDevices, type FoundDevice, rowOf } from "../../../drivers/driver-row.ts";
import { driverTable } from "../../../drivers/registry.ts";
import { type DevicePaths, systemDevicePaths } from "../../../drivers/device-paths.ts";

/** Looks at what is plugged in, by each driver's own finder; opens nothing. Scanners first, among them by the driver's name. */
export async function findDevices(
  devicePaths: DevicePaths = systemDevicePaths,
  drivers: DriverTable = driverTable,
): Promise<FoundDevices> {
  const found = await Promise.all(Object.values(drivers).map(async (row) => row.find?.(devicePaths)));
  const place = ({ settings }: FoundDevice) =>
    `${rowOf(settings, drivers).kind(settings) === "scanner" ? 1 : 2} ${settings.driver}`;
  return {
    devices: found.flatMap((it) => it?.devices ?? []).toSorted((one, other) => place(one).localeCompare(place(other))),
    advice: found.flatMap((it) => it?.advice ?? []),
  };
}
