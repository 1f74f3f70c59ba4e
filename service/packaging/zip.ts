import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

/** A file in an archive; `name` with slashes. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

const utf8Names = 0x0800;
const deflated = 8;
const stored = 0;
const version = 20;
/** PKWARE's APPNOTE: what each kind of record begins with, and how long it is without names. */
const local = { signature: 0x04034b50, length: 30 } as const;
const central = { signature: 0x02014b50, length: 46 } as const;
const end = { signature: 0x06054b50, length: 22 } as const;

/** An archive that is the same for the same files and time (seconds since 1970). */
export function zipOf(entries: readonly ZipEntry[], epoch: number): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = deflateRawSync(entry.content, { level: 9 });
    const common = commonFields(entry, packed, epoch);
    const name = Buffer.from(entry.name);
    const file = Buffer.concat([head(local.signature), common, number16(0), name, packed]);
    const more = [number16(0), number16(0), number16(0), number16(0), number32(0), number32(offset)];
    directory.push(Buffer.concat([head(central.signature), number16(version), common, ...more, name]));
    files.push(file);
    offset += file.length;
  }
  const index = Buffer.concat(directory);
  const count = number16(entries.length);
  const last = [number16(0), number16(0), count, count, number32(index.length), number32(offset), number16(0)];
  return Buffer.concat([...files, index, head(end.signature), ...last]);
}

/** The names of all files, in order. Throws when it is no archive. */
export function namesInZip(archive: Buffer): string[] {
  return [...recordsIn(archive).keys()];
}

/** The content of one file, held against its checksum. Throws when there is no such file or it is damaged. */
export function fileInZip(archive: Buffer, wanted: string): Buffer {
  const record = recordsIn(archive).get(wanted);
  if (record === undefined) throw new Error(`${wanted} is not in the archive`);
  return contentAt(archive, record);
}

/** Where the directory at the end lists each file. */
function recordsIn(archive: Buffer): Map<string, number> {
  const last = archive.lastIndexOf(head(end.signature));
  if (last < 0) throw new Error("this is no zip archive");
  const records = new Map<string, number>();
  let at = archive.readUInt32LE(last + 16);
  for (let left = archive.readUInt16LE(last + 10); left > 0; left -= 1) {
    const nameLength = archive.readUInt16LE(at + 28);
    records.set(archive.toString("utf8", at + central.length, at + central.length + nameLength), at);
    at += central.length + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return records;
}

function contentAt(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const offset = archive.readUInt32LE(entry + 42);
  const start = offset + local.length + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  const packed = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
  if (method !== stored && method !== deflated) throw new Error("packed in a way that is not known here");
  const content = method === stored ? packed : inflateRawSync(packed);
  if (crc32(content) !== archive.readUInt32LE(entry + 16)) throw new Error("the archive is damaged");
  return content;
}

function commonFields({ name, content }: ZipEntry, packed: Buffer, epoch: number): Buffer {
  const at = new Date(epoch * 1000);
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return Buffer.concat([
    number16(version),
    number16(utf8Names),
    number16(deflated),
    number16(time),
    number16(date),
    number32(crc32(content)),
    number32(packed.length),
    number32(content.length),
    number16(Buffer.byteLength(name)),
  ]);
}

function head(signature: number): Buffer {
  return number32(signature);
}

function number16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

function number32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}
