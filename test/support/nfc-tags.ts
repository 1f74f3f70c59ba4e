import type { Tag } from "./nfc-tag.ts";

type Answer = Tag["answer"];

/** ATRs as an ACR122U makes them up for a type 2 tag (pcsc-tools' list: MIFARE Ultralight), and as it passes on a type 4 tag's. */
export const atrs = {
  type2: Buffer.from("3b8f8001804f0ca0000003060300030000000068", "hex"),
  classic: Buffer.from("3b8f8001804f0ca000000306030001000000006a", "hex"),
  type4: Buffer.from("3b8180018080", "hex"),
};

const ok = Buffer.from([0x90, 0x00]);
const refused = Buffer.from([0x63, 0x00]);
const notFound = Buffer.from([0x6a, 0x82]);

/** A type 2 tag of 45 pages (NTAG213) behind a reader: knows GET DATA and READ BINARY. */
export function type2Tag(uid: Buffer, message: Buffer | undefined, pages = 45): Answer {
  const memory = Buffer.alloc(pages * 4);
  memory.set([0xe1, 0x10, (pages - 9) / 2, 0x00], 12);
  if (message !== undefined) memory.set(inTlv(message), 16);
  return storageCard(uid, (page) => memory.subarray(page * 4, page * 4 + 16));
}

/** A memory card whose pages say what `read` says; a page without bytes is refused. */
export function storageCard(uid: Buffer, read: (page: number) => Buffer): Answer {
  return (command) => {
    if (command.readUInt16BE() === 0xffca) return Buffer.concat([uid, ok]);
    if (command.readUInt16BE() !== 0xffb0) return refused;
    const block = read(command.readUInt16BE(2));
    return block.length === 0 ? refused : Buffer.concat([block, Buffer.alloc(16 - block.length), ok]);
  };
}

/** A type 4 tag: an application with a capability file and one NDEF file. */
export function type4Tag(uid: Buffer, message: Buffer): Answer {
  const capability = Buffer.from("000f20003b00340406e104080000ff", "hex");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  const files = new Map([
    [0xe103, capability],
    [0xe104, Buffer.concat([length, message])],
  ]);
  let selected: Buffer | undefined;
  return (command) => {
    if (command.readUInt16BE() === 0xffca) return Buffer.concat([uid, ok]);
    if (command.subarray(0, 4).equals(Buffer.from([0x00, 0xa4, 0x04, 0x00]))) return ok;
    if (command.subarray(0, 4).equals(Buffer.from([0x00, 0xa4, 0x00, 0x0c]))) {
      selected = files.get(command.readUInt16BE(5));
      return selected ? ok : notFound;
    }
    if (command.readUInt16BE() !== 0x00b0 || selected === undefined) return notFound;
    const from = command.readUInt16BE(2);
    return Buffer.concat([selected.subarray(from, from + (command[4] ?? 0)), ok]);
  };
}

function inTlv(message: Buffer): Buffer {
  const length = message.length < 0xff ? [message.length] : [0xff, message.length >> 8, message.length & 0xff];
  return Buffer.concat([Buffer.from([0x03, ...length]), message, Buffer.from([0xfe])]);
}

/** One record, first and last of its message unless told otherwise. */
export function record(type: string, payload: Buffer | string, { nameFormat = 1, flags = 0xc0 } = {}): Buffer {
  const body = Buffer.from(payload);
  const short = body.length < 256;
  const length = Buffer.alloc(short ? 1 : 4);
  if (short) length.writeUInt8(body.length);
  else length.writeUInt32BE(body.length);
  const header = [flags | nameFormat | (short ? 0x10 : 0), type.length];
  return Buffer.concat([Buffer.from(header), length, Buffer.from(type), body]);
}

/** `prefix` is the number of one of the URI record's abbreviations: 0 for none, 4 for `https://`. */
export function uriMessage(rest: string, prefix = 0): Buffer {
  return record("U", Buffer.concat([Buffer.from([prefix]), Buffer.from(rest)]));
}

export function textMessage(text: string, language = "en"): Buffer {
  return record("T", Buffer.concat([Buffer.from([language.length]), Buffer.from(language + text)]));
}
