import { type HidDevice, isKeyboard } from "./hid-device.ts";

/** How a maker's scanners are set to be no keyboard. A code is scanned with the scanner itself. */
export interface ScannerSetup {
  readonly maker: string;
  /** The mode to choose, as the maker calls it, and which of our drivers reads it then. */
  readonly mode: string;
  readonly driver: "hid-scanner" | "serial-scanner";
  /** What is printed below the code in the maker's guide, where a public source has it. */
  readonly code?: string;
  /** The code itself, as Code 128 behind an FNC3 ("this is for the scanner"), where public sources have it whole. */
  readonly drawn?: string;
  /** Where the code is printed. */
  readonly guide: { readonly book: string; readonly chapter: string };
  readonly source: string;
}

interface ScannerMaker {
  /** USB vendor ids (usb.ids). */
  readonly vendorIds: readonly number[];
  readonly setup: ScannerSetup;
}

/** A row per maker. A code that no public source has is not guessed: the guide of the model has it. */
const makers: readonly ScannerMaker[] = [
  {
    vendorIds: [0x0c2e, 0x0536, 0x23d0],
    setup: {
      maker: "Honeywell",
      mode: "USB HID",
      driver: "hid-scanner",
      code: "PAP131",
      guide: { book: "User's Guide", chapter: "Programming the Interface, USB HID" },
      source:
        "Voyager 1200g User's Guide: PAP131; Xenon 1900 User's Guide: keyboard is PAP124, serial is terminal ID 130",
    },
  },
  {
    vendorIds: [0x05e0],
    setup: {
      maker: "Zebra",
      mode: "USB HID POS",
      driver: "hid-scanner",
      guide: { book: "Product Reference Guide", chapter: "USB Interface, USB Device Type" },
      source: "DS4308 Product Reference Guide MN000327A01 names the chapter; the code is printed there only",
    },
  },
  {
    vendorIds: [0x05f9, 0x080c],
    setup: {
      maker: "Datalogic",
      mode: "USB-COM",
      driver: "serial-scanner",
      drawn: "$P,HA47,P\r",
      guide: { book: "Product Reference Guide", chapter: "Interface Selection" },
      source:
        "Gryphon I GFS4400 Product Reference Guide names the interfaces; github.com/anders/td1100: FNC3, $P,HA35,P (keyboard) and a carriage return in Code 128; Datalogic's published interface tests read $P,HA47,P for USB-COM",
    },
  },
  {
    vendorIds: [0x1eab],
    setup: {
      maker: "Newland",
      mode: "HID-POS",
      driver: "hid-scanner",
      guide: { book: "Integration Guide", chapter: "USB Interface, HID-POS, between Code Programming ON and OFF" },
      source: "NLS-FM420 Integration Guide, chapter USB Interface",
    },
  },
  {
    vendorIds: [0x065a],
    setup: {
      maker: "Opticon",
      mode: "USB-VCP",
      driver: "serial-scanner",
      guide: { book: "Universal Menu Book", chapter: "USB interface, between two codes ZZ" },
      source: "Opticon technical support wiki, Menu Commands: ZZ begins and ends; Universal Menu Book, ver. 12",
    },
  },
];

/** What to do about a known maker's scanner that types instead of telling what it read; undefined when there is none. */
export function wedgeScannerSetup(devices: readonly HidDevice[]): ScannerSetup | undefined {
  const typing = devices.filter(isKeyboard);
  return makers.find(({ vendorIds }) => typing.some(({ vendorId }) => vendorIds.includes(vendorId)))?.setup;
}

/** What is known of every maker's scanners. */
export function allSetups(): ScannerSetup[] {
  return makers.map(({ setup }) => setup);
}

/** Whether this maker (a USB vendor id) is known for its scanners. */
export function makesScanners(vendorId: number): boolean {
  return makers.some(({ vendorIds }) => vendorIds.includes(vendorId));
}

/** USB vendor ids of the makers that are known: whose devices a till may be let at. */
export function scannerVendorIds(): number[] {
  return makers.flatMap(({ vendorIds }) => vendorIds);
}

/** For the person at the till. */
export function inWords({ maker, mode, driver, code, guide }: ScannerSetup): string {
  const where = `the model's ${guide.book}, chapter ${guide.chapter}`;
  const how = code === undefined ? `the code for it is in ${where}` : `scan ${code} from ${where}`;
  const then = driver === "hid-scanner" ? "" : `, and name it as ${driver} in the settings`;
  return `the ${maker} scanner is in keyboard mode: switch it to ${mode} (${how})${then}`;
}
