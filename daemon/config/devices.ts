import type { DriverTable } from "../../drivers/driver-row.ts";
import { driverTable } from "../../drivers/registry.ts";
import { variants } from "../../drivers/setting.ts";

/** The till's devices, by the name of their driver: each driver says what its settings are. */
export function devicesOf<const Drivers extends DriverTable>(drivers: Drivers) {
  return variants({
    by: "driver",
    description: "The till's devices: one entry for each scanner and reader on the counter.",
    itemsMax: 16,
    groups: settingsOf(drivers),
  });
}

export const deviceSettings = devicesOf(driverTable);

type SettingsOf<Drivers extends DriverTable> = { readonly [Name in keyof Drivers]: Drivers[Name]["settings"] };

function settingsOf<Drivers extends DriverTable>(drivers: Drivers): SettingsOf<Drivers> {
  const entries = Object.entries(drivers).map(([name, { settings }]) => [name, settings]);
  // The same names, each with its row's settings: the type of what fromEntries makes knows neither.
  return Object.fromEntries(entries) as SettingsOf<Drivers>;
}
