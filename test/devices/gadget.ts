import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// USB devices that are no hardware: Linux plays them to itself (dummy_hcd), and its whole USB stack takes them for real ones. For
// the machine of test/support/vm only: needs root and changes the system.

const gadgets = "/sys/kernel/config/usb_gadget";

export interface GadgetOptions {
  readonly name: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer: string;
  readonly product: string;
  /** Left out: the device has none, as many cheap ones. */
  readonly serialNumber?: string;
  /** Folder names below `functions`, each with the files in it and what is written there. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, string | Buffer>>>>;
}

/** A USB device, not yet plugged in. Each has a port of its own. */
export class Gadget {
  readonly folder: string;
  readonly #port: string;

  constructor(options: GadgetOptions, portNumber: number) {
    this.folder = join(gadgets, options.name);
    this.#port = `dummy_udc.${portNumber}`;
    const { vendorId, productId, manufacturer, product, serialNumber, functions } = options;
    mkdirSync(join(this.folder, "strings/0x409"), { recursive: true });
    mkdirSync(join(this.folder, "configs/c.1"), { recursive: true });
    this.#set("idVendor", `0x${vendorId.toString(16)}`);
    this.#set("idProduct", `0x${productId.toString(16)}`);
    this.#set("bcdUSB", "0x0200");
    this.#set("strings/0x409/manufacturer", manufacturer);
    this.#set("strings/0x409/product", product);
    if (serialNumber !== undefined) this.#set("strings/0x409/serialnumber", serialNumber);
    this.#set("configs/c.1/MaxPower", "250");
    for (const [name, files] of Object.entries(functions)) this.#addFunction(name, files);
  }

  plug(): void {
    this.#set("UDC", this.#port);
  }

  unplug(): void {
    this.#set("UDC", "\n");
  }

  #addFunction(name: string, files: Readonly<Record<string, string | Buffer>>): void {
    const folder = join(this.folder, "functions", name);
    mkdirSync(folder);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    symlinkSync(folder, join(this.folder, "configs/c.1", name));
  }

  #set(file: string, value: string): void {
    writeFileSync(join(this.folder, file), value);
  }
}

/** Makes room for so many devices. Once, before the first. */
export function prepareUsb(devices: number): void {
  const load = (...words: string[]) => execFileSync("modprobe", words);
  load("dummy_hcd", `num=${devices}`);
  for (const name of ["libcomposite", "usb_f_hid", "usb_f_acm", "usb_f_fs", "usbhid", "hid-generic", "cdc-acm"])
    load(name);
  if (!existsSync(gadgets)) execFileSync("mount", ["-t", "configfs", "none", "/sys/kernel/config"]);
  if (!readdirSync("/sys/class/udc").includes("dummy_udc.0")) throw new Error("this kernel plays no USB devices");
}
