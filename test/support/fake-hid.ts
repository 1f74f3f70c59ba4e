import type { HidDevice } from "../../drivers/hid-device.ts";
import type { HidHandle, HidPort } from "../../drivers/hid-port.ts";

/** What a HID-POS scanner lists itself as. */
export const posScanner: HidDevice = {
  path: "/dev/hidraw-of-a-test",
  vendorId: 0x05f9,
  productId: 0x4204,
  serialNumber: "S/N 1",
  manufacturer: "Datalogic",
  product: "Gryphon GD4500",
  usagePage: 0x8c,
  usage: 0x02,
};

/** The system's HID devices, in the test's hand. As unkind as the real ones: a device that is gone hangs up, and may not be openable. */
export class FakeHid implements HidPort {
  /** How often each path was opened, in vain or not. */
  readonly opened: string[] = [];
  /** Reports that were sent to a device, as hex. */
  readonly sent: string[] = [];
  /** Why devices cannot be opened, in the system's words. */
  refusal: string | undefined;
  #devices: readonly HidDevice[];
  readonly #handles = new Set<HidHandle & { readonly path: string }>();

  constructor(devices: readonly HidDevice[] = [posScanner]) {
    this.#devices = devices;
  }

  plug(devices: readonly HidDevice[] = [posScanner]): void {
    this.#devices = devices;
  }

  unplug(path = posScanner.path): void {
    this.#devices = this.#devices.filter((device) => device.path !== path);
    for (const handle of this.#handles) if (handle.path === path) handle.onEnd();
  }

  /** Every open handle of the path hears it, as with hidraw. */
  report(report: Uint8Array, path = posScanner.path): void {
    for (const handle of this.#handles) if (handle.path === path) handle.onReport(report);
  }

  scan(data: string | Buffer, aim = "]Q1", path = posScanner.path): void {
    for (const report of posReports(data, aim)) this.report(report, path);
  }

  get openHandles(): number {
    return this.#handles.size;
  }

  async devices(): Promise<readonly HidDevice[]> {
    return this.#devices;
  }

  async open(path: string): Promise<HidHandle> {
    this.opened.push(path);
    if (this.refusal !== undefined) throw new Error(this.refusal);
    if (!this.#devices.some((device) => device.path === path)) throw new Error(`cannot open device with path ${path}`);
    const handle = {
      path,
      onReport: () => undefined,
      onEnd: () => undefined,
      sendFeatureReport: async (report: readonly number[]) => {
        this.sent.push(Buffer.from(report).toString("hex"));
        throw new Error("could not send feature report to device");
      },
      close: async () => void this.#handles.delete(handle),
    };
    this.#handles.add(handle);
    return handle;
  }
}

const dataBytes = 56;

/** A label as the reports that a scanner sends of it: number 2, 64 bytes each. Without `aim` the scanner does not tell. */
export function posReports(label: string | Buffer, aim: string): Buffer[] {
  const data = Buffer.from(label);
  const reports: Buffer[] = [];
  for (let at = 0; at === 0 || at < data.length; at += dataBytes) {
    const part = data.subarray(at, at + dataBytes);
    const report = Buffer.alloc(64);
    report.set([2, part.length]);
    report.write(aim, 2, "latin1");
    report.set(part, 5);
    report[63] = at + dataBytes < data.length ? 1 : 0;
    reports.push(report);
  }
  return reports;
}
