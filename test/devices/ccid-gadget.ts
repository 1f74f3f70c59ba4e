import { execFileSync } from "node:child_process";
import { constants, mkdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Tag } from "../support/nfc-tag.ts";
import { Gadget } from "./gadget.ts";

/**
 * An ACS ACR122U (USB 072f:2200) in software, through FunctionFS: the real USB stack, libccid and pcscd take it for one. Speaks
 * USB-IF's CCID 1.1. `pn532`: answers what the chip in it answers, by which Linux's own NFC driver knows it and takes it.
 */
export class CcidReader {
  readonly #gadget: Gadget;
  readonly #pn532: boolean;
  readonly #endpoints: string;
  #control: FileHandle | undefined;
  #interrupt: FileHandle | undefined;
  #tag: Tag | undefined;
  #powered = false;
  /** When the tag last answered, by `performance.now()`. */
  answeredMs = 0;

  private constructor(port: number, pn532: boolean) {
    const model = { vendorId: 0x072f, productId: 0x2200, manufacturer: "ACS", product: "ACR122U PICC Interface" };
    this.#gadget = new Gadget({ name: `ccid-${port}`, ...model, functions: { [`ffs.ccid${port}`]: {} } }, port);
    this.#endpoints = `/dev/ffs-ccid${port}`;
    this.#pn532 = pn532;
    mkdirSync(this.#endpoints);
    execFileSync("mount", ["-t", "functionfs", `ccid${port}`, this.#endpoints]);
  }

  static async make(port: number, { pn532 = false } = {}): Promise<CcidReader> {
    const reader = new CcidReader(port, pn532);
    // Never waited on in a read: that would hold a lock that unplugging needs.
    reader.#control = await open(join(reader.#endpoints, "ep0"), constants.O_RDWR | constants.O_NONBLOCK);
    await reader.#control.write(descriptors());
    await reader.#control.write(strings());
    void reader.#answerControl(reader.#control);
    void reader.#answerCommands();
    return reader;
  }

  plug(): void {
    this.#gadget.plug();
  }

  unplug(): void {
    this.#gadget.unplug();
    this.#powered = false;
  }

  async lay(tag: Tag): Promise<void> {
    this.#tag = tag;
    await this.#notify();
  }

  async lift(): Promise<void> {
    this.#tag = undefined;
    this.#powered = false;
    await this.#notify();
  }

  /** RDR_to_PC_NotifySlotChange */
  async #notify(): Promise<void> {
    this.#interrupt ??= await open(join(this.#endpoints, "ep1"), "r+");
    await this.#interrupt.write(Buffer.from([0x50, this.#tag === undefined ? 2 : 3]));
  }

  /** Requests of the class on endpoint 0 are answered with zeros; the other events there need no answer. */
  async #answerControl(control: FileHandle): Promise<void> {
    const setup = 4;
    for (;;) {
      const event = Buffer.alloc(12);
      const { bytesRead } = await control.read(event, 0, 12, null).catch(() => ({ bytesRead: 0 }));
      if (bytesRead === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      if (bytesRead === 0 || event[8] !== setup) continue;
      const answer = Buffer.alloc(event.readUInt16LE(6));
      const isQuestion = ((event[0] ?? 0) & 0x80) !== 0;
      await (isQuestion ? control.write(answer) : control.read(answer, 0, 0, null)).catch(() => undefined);
    }
  }

  async #answerCommands(): Promise<void> {
    const from = await open(join(this.#endpoints, "ep2"), "r+");
    const to = await open(join(this.#endpoints, "ep3"), "r+");
    for (;;) {
      try {
        const { bytesRead, buffer } = await from.read(Buffer.alloc(512), 0, 512, null);
        const reply = bytesRead < 10 ? undefined : this.#handle(buffer.subarray(0, bytesRead));
        if (reply !== undefined) await to.write(reply);
      } catch {
        // Unplugged: the next read waits until it is plugged in again.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** One command of the host, and the answer to it. */
  #handle(command: Buffer): Buffer | undefined {
    const [type = 0, , , , , slot = 0, sequence = 0] = command;
    const data = command.subarray(10, 10 + command.readUInt32LE(1));
    const reply = (kind: number, payload: Buffer = Buffer.alloc(0), failed = 0, error = 0, last = 0) => {
      const header = Buffer.alloc(10);
      header[0] = kind;
      header.writeUInt32LE(payload.length, 1);
      header.set([slot, sequence, failed | this.#cardStatus(), error, last], 5);
      return Buffer.concat([header, payload]);
    };
    switch (type) {
      case commands.powerOn:
        if (this.#tag === undefined) return reply(replies.data, undefined, commandFailed, cardMute);
        this.#powered = true;
        return reply(replies.data, this.#tag.atr);
      case commands.powerOff:
        this.#powered = false;
        return reply(replies.status);
      case commands.slotStatus:
        return reply(replies.status);
      case commands.getParameters:
      case commands.resetParameters:
      case commands.setParameters:
        return reply(replies.parameters, type === commands.setParameters ? data : protocolT1, 0, 0, 1);
      case commands.transfer: {
        if (this.#tag === undefined) return reply(replies.data, undefined, commandFailed, cardMute);
        const answer = data[0] === 0xff && data[1] === 0x00 ? this.#chip(data) : this.#tag.answer(data);
        this.answeredMs = performance.now();
        return answer === undefined ? undefined : reply(replies.data, answer);
      }
      case commands.escape:
        return reply(replies.escape, this.#chip(data));
      default:
        return reply(replies.status, undefined, commandFailed, 0);
    }
  }

  /** 0: a card with power, 1: one without, 2: none. */
  #cardStatus(): number {
    if (this.#tag === undefined) return 2;
    return this.#powered ? 0 : 1;
  }

  /** Commands to the reader itself (ACS, ACR122U API 2.04). */
  #chip(command: Buffer): Buffer {
    const asked = command.toString("hex");
    if (this.#pn532 && /^ff000000..d402/.test(asked)) return Buffer.from("d503320106079000", "hex");
    if (this.#pn532 && /^ff000000..d4/.test(asked)) return Buffer.from([0xd5, (command[6] ?? 0) + 1, 0x90, 0x00]);
    if (asked.startsWith("ff0048")) return Buffer.from("ACR122U214");
    if (asked.startsWith("ff0040") || asked.startsWith("ff0051") || asked.startsWith("ff0052"))
      return Buffer.from([0x90, 0x00]);
    return Buffer.from([0x63, 0x00]);
  }
}

const commands = {
  powerOn: 0x62,
  powerOff: 0x63,
  slotStatus: 0x65,
  transfer: 0x6f,
  escape: 0x6b,
  getParameters: 0x6c,
  resetParameters: 0x6d,
  setParameters: 0x61,
};
const replies = { data: 0x80, status: 0x81, parameters: 0x82, escape: 0x83 };
const commandFailed = 0x40;
const cardMute = 0xfe;
const protocolT1 = Buffer.from("11100000004500", "hex");

/** FunctionFS: header, then one interface and three endpoints, for full and for high speed. */
function descriptors(): Buffer {
  const full = interfaceOf(64, 16);
  const high = interfaceOf(512, 8);
  const header = Buffer.alloc(20);
  [3, 20 + full.length + high.length, 3, 5, 5].forEach((value, index) => header.writeUInt32LE(value, index * 4));
  return Buffer.concat([header, full, high]);
}

function interfaceOf(bulkBytes: number, interval: number): Buffer {
  const endpoint = (address: number, type: number, bytes: number, every: number) =>
    Buffer.from([7, 5, address, type, bytes & 0xff, bytes >> 8, every]);
  return Buffer.concat([
    Buffer.from([9, 4, 0, 0, 3, 0x0b, 0, 0, 1]),
    ccidDescriptor(),
    endpoint(0x81, 3, 8, interval),
    endpoint(0x02, 2, bulkBytes, 0),
    endpoint(0x82, 2, bulkBytes, 0),
  ]);
}

/** CCID 1.1, 5.1, with the values of an ACR122U: one slot, T=0 and T=1, short APDUs, messages of 271 bytes. */
function ccidDescriptor(): Buffer {
  const bytes = Buffer.alloc(54);
  bytes.set([54, 0x21, 0x10, 0x01, 0, 7]);
  [2, 4000, 4000].forEach((value, index) => bytes.writeUInt32LE(value, 6 + index * 4));
  bytes.writeUInt32LE(10_752, 19);
  bytes.writeUInt32LE(344_086, 23);
  bytes.writeUInt32LE(248, 28);
  bytes.writeUInt32LE(0x000204ba, 40);
  bytes.writeUInt32LE(271, 44);
  bytes[53] = 1;
  return bytes;
}

function strings(): Buffer {
  const name = Buffer.from("CCID Interface\0");
  const header = Buffer.alloc(16);
  [2, 16 + 2 + name.length, 1, 1].forEach((value, index) => header.writeUInt32LE(value, index * 4));
  return Buffer.concat([header, Buffer.from([0x09, 0x04]), name]);
}
