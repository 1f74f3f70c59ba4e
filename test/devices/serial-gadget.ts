import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Gadget } from "./gadget.ts";
import type { Model } from "./hid-gadget.ts";

/** A scanner in serial mode (CDC-ACM): the system sees a modem. */
export class SerialGadget {
  readonly #gadget: Gadget;
  #file: FileHandle | undefined;

  constructor(model: Model, port: number) {
    this.#gadget = new Gadget({ name: `serial-${port}`, ...model, functions: { "acm.0": {} } }, port);
  }

  plug(): void {
    this.#gadget.plug();
  }

  unplug(): void {
    this.#gadget.unplug();
    void this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  scan(label: string): Promise<void> {
    return this.send(`${label}\r`);
  }

  async send(bytes: string | Uint8Array): Promise<void> {
    this.#file ??= await this.#open();
    await this.#file.write(Buffer.from(bytes));
  }

  async #open(): Promise<FileHandle> {
    const node = `/dev/ttyGS${readFileSync(join(this.#gadget.folder, "functions/acm.0/port_num"), "utf8").trim()}`;
    execFileSync("stty", ["-F", node, "raw", "-echo"]);
    return open(node, "r+");
  }
}
