import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { attribute } from "../attribute.ts";
import type { FoundDevices } from "../driver-row.ts";
import { makesScanners } from "../scanner-makers.ts";
import type { DevicePaths } from "../device-paths.ts";
import { nameOfPort } from "./port-errors.ts";

/** Linux: every serial port on USB. The maker shows which of them are scanners. */
export async function findSerialPorts({
  serialById,
  ttys,
}: Pick<DevicePaths, "serialById" | "ttys">): Promise<FoundDevices> {
  const links = (await readdir(serialById).catch(() => [])).toSorted((one, other) => one.localeCompare(other));
  const devices = await Promise.all(
    links.map(async (link) => {
      const path = join(serialById, link);
      const vendor = await vendorOfPort(path, ttys);
      return {
        name: `${nameOfPort(path)} (serial port)`,
        settings: { driver: "serial-scanner", path },
        isSure: vendor !== undefined && makesScanners(vendor),
      };
    }),
  );
  return { devices, advice: [] };
}

/** /sys/class/tty/ttyACM0 is a link into the folder of the USB interface; the device's own numbers stand further up. */
async function vendorOfPort(path: string, ttys: string): Promise<number | undefined> {
  const node = await realpath(path).catch(() => undefined);
  let folder = node && (await realpath(join(ttys, basename(node))).catch(() => undefined));
  for (let up = 0; folder !== undefined && up < 6; up += 1) {
    const vendor = await attribute(folder, "idVendor");
    if (vendor !== "") return Number.parseInt(vendor, 16);
    folder = dirname(folder);
  }
  return undefined;
}
