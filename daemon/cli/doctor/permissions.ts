import { access } from "node:fs/promises";
import { type DriverTable, type NamedDevice, rowOf } from "../../../drivers/driver-row.ts";
import { driverTable } from "../../../drivers/registry.ts";
import { type Check, failed, ok, warning } from "./check.ts";

/** Linux: where a package, or an administrator, puts what the system goes by. */
export interface SystemFolders {
  readonly udev: readonly string[];
  readonly polkit: readonly string[];
}

export const linuxFolders: SystemFolders = {
  udev: ["/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"],
  polkit: ["/etc/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"],
};

const fileName = "60-tillbridge.rules";
const again = "Install the package anew.";

/** Whether the rules are there that let the service's user have the scanners, and the smart-card service. */
export async function checkPermissions(
  devices: readonly NamedDevice[],
  { udev, polkit }: SystemFolders = linuxFolders,
  drivers: DriverTable = driverTable,
): Promise<Check[]> {
  const rules = new Set(devices.map((device) => rowOf(device, drivers).rule));
  return [await checkUdev(rules.has("udev"), udev), ...(rules.has("polkit") ? [await checkPolkit(polkit)] : [])];
}

async function checkUdev(isNeeded: boolean, folders: readonly string[]): Promise<Check> {
  const file = await firstOf(folders);
  if (file !== undefined) return ok("udev", `The rules for scanners are in force (${file}).`);
  const says = "The rules that let the service have USB scanners are not there.";
  return isNeeded ? failed("udev", says, again) : warning("udev", says, again);
}

async function checkPolkit(folders: readonly string[]): Promise<Check> {
  const file = await firstOf(folders);
  if (file !== undefined) return ok("polkit", "The smart-card service lets the service's user in.");
  const says = "The rule that lets the service's user use the smart-card service is not there.";
  return warning("polkit", says, `Since pcscd 2 (Debian 13) it is needed. ${again}`);
}

async function firstOf(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = `${folder}/${fileName}`;
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
