import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { HidDevice } from "../../../drivers/hid-scanner/hid-port.ts";
import { inWords, makesScanners, scannerThatTypes } from "../../../drivers/hid-scanner/makers.ts";
import { nameOf, scannersAmong, usbOf } from "../../../drivers/hid-scanner/pick-scanner.ts";
import { readsTags } from "../../../drivers/nfc-reader/pick-reader.ts";
import { nameOfPort } from "../../../drivers/serial-scanner/port.ts";

/** A device that is plugged in, and how the settings would name it. */
export interface FoundDevice {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>> & { readonly driver: string };
  /** It is what it seems. What is not sure, such as a serial port of an unknown maker, is only taken when a person says so. */
  readonly isSure: boolean;
}

export interface Found {
  readonly devices: readonly FoundDevice[];
  /** What a person should know or do, such as switching a scanner to another mode. */
  readonly advice: readonly string[];
}

/** Where a system shows what is plugged in. */
export interface Sockets {
  readonly hid: () => Promise<readonly HidDevice[]>;
  /** Linux: links named after the maker and model of each USB serial port. */
  readonly serialById: string;
  /** Linux: a folder for each serial port, within that of the device it belongs to. */
  readonly ttys: string;
  /** Linux: a folder for each USB device and each of its interfaces. */
  readonly usb: string;
}

export const systemSockets: Sockets = {
  hid: async () => (await import("../../../drivers/hid-scanner/hid-port.ts")).systemHidPort().devices(),
  serialById: "/dev/serial/by-id",
  ttys: "/sys/class/tty",
  usb: "/sys/bus/usb/devices",
};

/** Looks at what is plugged in; opens nothing. */
export async function findDevices(sockets: Sockets = systemSockets): Promise<Found> {
  const hid = await sockets.hid().catch(() => undefined);
  const devices = [...hidScanners(hid ?? []), ...(await serialPorts(sockets)), ...(await nfcReaders(sockets))];
  return { devices, advice: adviceOn(hid) };
}

/** One scanner is named by what it is, so that its successor needs no change; several by their numbers. */
function hidScanners(hid: readonly HidDevice[]): FoundDevice[] {
  const scanners = scannersAmong(hid);
  return scanners.map((scanner) => ({
    name: `${nameOf(scanner)} (barcode scanner, HID-POS)`,
    settings:
      scanners.length === 1
        ? { driver: "hid-scanner" }
        : { driver: "hid-scanner", usb: usbOf(scanner), ...serialOf(scanner) },
    isSure: true,
  }));
}

function serialOf({ serialNumber }: HidDevice): { serialNumber?: string } {
  const serial = serialNumber?.trim();
  return serial ? { serialNumber: serial } : {};
}

async function serialPorts({ serialById, ttys }: Sockets): Promise<FoundDevice[]> {
  const links = (await readdir(serialById).catch(() => [])).toSorted((one, other) => one.localeCompare(other));
  return Promise.all(
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

/** Smart-card readers (USB class 0B). A reader that only has a slot to put cards into reads no tag. */
async function nfcReaders({ usb }: Sockets): Promise<FoundDevice[]> {
  const places = (await readdir(usb).catch(() => [])).filter((name) => name.includes(":"));
  const names = new Set<string>();
  for (const place of places) {
    if ((await attribute(join(usb, place), "bInterfaceClass")) !== "0b") continue;
    const device = join(usb, place.slice(0, place.indexOf(":")));
    names.add(`${await attribute(device, "manufacturer")} ${await attribute(device, "product")}`.trim());
  }
  const best = [...names].toSorted((one, other) => Number(readsTags(other)) - Number(readsTags(one)))[0];
  if (best === undefined) return [];
  return [{ name: `${best || "card reader"} (NFC)`, settings: { driver: "nfc-reader" }, isSure: readsTags(best) }];
}

function adviceOn(hid: readonly HidDevice[] | undefined): string[] {
  if (hid === undefined) return ["The program's part for USB scanners does not load: set the till's program up again."];
  const typing = scannerThatTypes(hid);
  return typing === undefined ? [] : [`Found, but not taken: ${inWords(typing)}.`];
}

/** Empty when there is none. */
async function attribute(folder: string, name: string): Promise<string> {
  return (await readFile(join(folder, name), "utf8").catch(() => "")).trim();
}
