import type { DeviceAssignments } from "./device-assignments.ts";
import type { Clock } from "./clock.ts";
import type { Driver } from "./driver.ts";
import type { Entries, SettingGroup, ValueOf } from "./setting.ts";
import type { DevicePaths } from "./device-paths.ts";

/**
 * Everything that is known of a driver before one of its devices is opened. Configuration, doctor, setup, docs and the devices' loop
 * all read it here. Only the settings are read with the row; the rest loads its files when it is called, so that a driver whose native
 * module is missing or broken costs its own device and nothing else.
 */
export interface DriverRow<Settings = SettingGroup<Entries>, Config = object> {
  readonly settings: Settings;
  /** What the device is, known before its driver is loaded. */
  kind(config: Config): Driver["kind"];
  /** Rejects when the driver's native module is missing or broken. */
  load(config: Config, clock: Clock, assignments: DeviceAssignments): Promise<Driver>;
  /** For the doctor. Opens nothing: the running service may have the device. */
  check(config: Config, whyNot: WhyNot): Promise<DeviceCheck>;
  /** For setup: what is plugged in and could be this driver's. Opens nothing. Absent: a person has to name the device. */
  find?(devicePaths: DevicePaths): Promise<FoundDevices>;
  /** Linux: which of the package's rules lets the service's user have the device. */
  readonly rule?: "udev" | "polkit";
}

/** By the name that the settings have for the driver. */
export type DriverTable = Readonly<Record<string, DriverRow>>;

/** A device as the settings name it: which driver, and with it that driver's settings. */
export interface NamedDevice {
  readonly driver: string;
  readonly [setting: string]: unknown;
}

/** What the doctor says of one device. */
export interface DeviceCheck {
  readonly state: "ok" | "warning" | "failed";
  /** One sentence. */
  readonly says: string;
  /** What to do. */
  readonly hint?: string;
}

/** Why the service's user may not read and write a file, as the system's own word (`EACCES`, `ENOENT`); undefined when it may. */
export type WhyNot = (path: string) => Promise<string | undefined>;

export interface FoundDevices {
  readonly devices: readonly FoundDevice[];
  /** What a person should know or do, such as switching a scanner to another mode. */
  readonly advice: readonly string[];
}

/** A device that is plugged in, and how the settings would name it. */
export interface FoundDevice {
  readonly name: string;
  readonly settings: NamedDevice;
  /** It is what it seems. What is not sure, such as a serial port of an unknown maker, is only taken when a person says so. */
  readonly isSure: boolean;
}

/** For a table: its functions get what `settings` makes of the file. */
export function driverRow<const Settings extends SettingGroup<Entries>>(
  row: DriverRow<Settings, ValueOf<Settings>>,
): DriverRow<Settings, ValueOf<Settings>> {
  return row;
}

/** Throws when there is no such driver: the configuration names no other. */
export function rowOf({ driver }: NamedDevice, drivers: DriverTable): DriverRow {
  const row = drivers[driver];
  if (row === undefined) throw new Error(`no driver ${driver}`);
  return row;
}
