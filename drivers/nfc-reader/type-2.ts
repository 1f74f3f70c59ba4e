import { ask, TagUnreadable, type Transmit } from "./apdu.ts";

/** Readers give at most four pages of four bytes at once. */
const blockBytes = 16;
/** NFC Forum Type 2 Tag, 2.1: a block has four bytes. */
const pageBytes = 4;
const capabilityPage = 3;
const firstDataPage = 4;
/** What can be reached without changing sectors: 256 pages, less the four at the start. Larger tags are not made for shops. */
const dataBytesMax = 252 * pageBytes;
/** A tag of 2 KB has fewer that mean anything. */
const tlvsMax = 64;

const tlv = { null: 0x00, message: 0x03, end: 0xfe };

/**
 * The NDEF message on an NFC Forum type 2 tag (MIFARE Ultralight, NTAG), or undefined when it holds none. Throws `TagUnreadable`.
 * Layout: NFC Forum, Type 2 Tag Operation, and the READ BINARY command of PC/SC part 3.
 */
export async function readType2(transmit: Transmit): Promise<Uint8Array | undefined> {
  const capability = await readBlock(transmit, capabilityPage);
  const [magic, version = 0, eighths = 0] = capability ?? [];
  if (magic !== 0xe1 || version >> 4 !== 1) return undefined;
  const areaBytes = Math.min(eighths * 8, dataBytesMax);
  return findMessage(dataArea(transmit, areaBytes), areaBytes);
}

function readBlock(transmit: Transmit, page: number): Promise<Uint8Array | undefined> {
  return ask(transmit, [0xff, 0xb0, page >> 8, page & 0xff, blockBytes], blockBytes);
}

/** Reads the bytes from `at` on, fetching only the blocks that have not been read yet. */
type ReadBytes = (at: number, length: number) => Promise<Uint8Array>;

function dataArea(transmit: Transmit, areaBytes: number): ReadBytes {
  const memory = new Uint8Array(areaBytes);
  let known = 0;

  async function fetchUpTo(end: number): Promise<void> {
    if (end > areaBytes) throw new TagUnreadable("what is written on the tag is longer than the tag");
    while (known < end) {
      const block = await readBlock(transmit, firstDataPage + known / pageBytes);
      if (block?.length !== blockBytes) throw new TagUnreadable("a part of the tag cannot be read");
      memory.set(block.subarray(0, areaBytes - known), known);
      known += blockBytes;
    }
  }

  return async (at, length) => {
    await fetchUpTo(at + length);
    return memory.subarray(at, at + length);
  };
}

/**
 * The first message in a row of blocks, each a type, a length in one or three bytes, and a value. Where the row fills the tag, nothing
 * ends it.
 */
async function findMessage(read: ReadBytes, areaBytes: number): Promise<Uint8Array | undefined> {
  let at = 0;
  for (let count = 0; count < tlvsMax && at < areaBytes; count += 1) {
    const [type = tlv.end] = await read(at, 1);
    at += 1;
    if (type === tlv.end) return undefined;
    if (type === tlv.null) continue;
    const { length, lengthBytes } = await readLength(read, at);
    at += lengthBytes;
    if (type === tlv.message) return (await read(at, length)).slice();
    at += length;
  }
  return undefined;
}

async function readLength(read: ReadBytes, at: number): Promise<{ length: number; lengthBytes: number }> {
  const [short = 0] = await read(at, 1);
  if (short !== 0xff) return { length: short, lengthBytes: 1 };
  const [high = 0, low = 0] = await read(at + 1, 2);
  return { length: high * 256 + low, lengthBytes: 3 };
}
