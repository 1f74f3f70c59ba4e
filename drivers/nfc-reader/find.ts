import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { attribute } from "../attribute.ts";
import type { FoundDevices } from "../driver-row.ts";
import type { DevicePaths } from "../device-paths.ts";
import { readsTags } from "./pick-reader.ts";

/** Smart-card readers (USB class 0B). A reader that only has a slot to put cards into reads no tag. */
export async function findNfcReaders({ usb }: Pick<DevicePaths, "usb">): Promise<FoundDevices> {
  const places = (await readdir(usb).catch(() => [])).filter((name) => name.includes(":"));
  const names = new Set<string>();
  for (const place of places) {
    if ((await attribute(join(usb, place), "bInterfaceClass")) !== "0b") continue;
    const device = join(usb, place.slice(0, place.indexOf(":")));
    names.add(`${await attribute(device, "manufacturer")} ${await attribute(device, "product")}`.trim());
  }
  const best = [...names].toSorted((one, other) => Number(readsTags(other)) - Number(readsTags(one))).slice(0, 1);
  const devices = best.map((name) => ({
    name: `${name || "card reader"} (NFC)`,
    settings: { driver: "nfc-reader" },
    isSure: readsTags(name),
  }));
  return { devices, advice: [] };
}
