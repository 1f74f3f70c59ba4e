import { TagUnreadable } from "./apdu.ts";

/** What stands in one record. `type`: `uri`, `text`, or the name of another kind; then `value` is text, or base64 (see below). */
export interface NdefRecord {
  readonly type: string;
  readonly value: string;
}

/** A tag of 8 KB holds fewer that mean anything. */
const recordsMax = 64;
/** A smart poster holds records; one within another is no poster but a trick. */
const depthMax = 2;

/**
 * The records of an NDEF message (NFC Forum, NDEF 1.0 and the RTDs for text, URI and smart poster). Chunks are put together,
 * empty records left out, and a smart poster is what stands in it. Throws `TagUnreadable` for what breaks the rules: half a
 * message must never look like a shorter one.
 */
export function parseNdef(message: Uint8Array): NdefRecord[] {
  return parse(message, 1);
}

function parse(message: Uint8Array, depth: number): NdefRecord[] {
  return rawRecordsIn(message).flatMap((record) => valuesOf(record, depth));
}

interface RawRecord {
  readonly nameFormat: number;
  readonly type: string;
  readonly payload: Uint8Array;
}

const flags = { begin: 0x80, end: 0x40, chunk: 0x20, short: 0x10, id: 0x08 };
const formats = { empty: 0, wellKnown: 1, mime: 2, uri: 3, external: 4, unchanged: 6 };

function rawRecordsIn(message: Uint8Array): RawRecord[] {
  const bytes = cursor(message);
  const records: RawRecord[] = [];
  let open: { first: Omit<RawRecord, "payload">; parts: Uint8Array[] } | undefined;
  for (let isFirst = true, isLast = message.length === 0; !isLast; isFirst = false) {
    const { flags: set, nameFormat, type, payload } = readRecord(bytes);
    if (((set & flags.begin) !== 0) !== isFirst) throw broken();
    if ((nameFormat === formats.unchanged) !== (open !== undefined)) throw broken();
    open ??= { first: { nameFormat, type }, parts: [] };
    open.parts.push(payload);
    isLast = (set & flags.end) !== 0;
    if ((set & flags.chunk) !== 0) {
      if (isLast) throw broken();
      continue;
    }
    records.push({ ...open.first, payload: Buffer.concat(open.parts) });
    open = undefined;
    if (records.length > recordsMax) throw broken();
  }
  return records;
}

function readRecord(bytes: Cursor) {
  const header = bytes.number(1);
  const typeLength = bytes.number(1);
  const payloadLength = bytes.number((header & flags.short) === 0 ? 4 : 1);
  const idLength = (header & flags.id) === 0 ? 0 : bytes.number(1);
  const type = latin1(bytes.take(typeLength));
  bytes.take(idLength);
  return { flags: header, nameFormat: header & 0x07, type, payload: bytes.take(payloadLength) };
}

interface Cursor {
  take(length: number): Uint8Array;
  number(length: number): number;
}

/** Never reads past the end, whatever a length says. */
function cursor(bytes: Uint8Array): Cursor {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw broken();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return { take, number: (length) => take(length).reduce((sum, byte) => sum * 256 + byte, 0) };
}

function valuesOf(record: RawRecord, depth: number): NdefRecord[] {
  const { nameFormat, type, payload } = record;
  switch (nameFormat) {
    case formats.empty:
      return [];
    case formats.uri:
      // Here the type itself is the address (NDEF 1.0, 3.2.6).
      return [{ type: "uri", value: type }];
    case formats.wellKnown:
      return wellKnown(type, payload, depth);
    case formats.mime:
      return [other(type.toLowerCase(), payload)];
    case formats.external:
      return [other(`urn:nfc:ext:${type.toLowerCase()}`, payload)];
    default:
      return [other("unknown", payload)];
  }
}

function wellKnown(type: string, payload: Uint8Array, depth: number): NdefRecord[] {
  switch (type) {
    case "U":
      return [{ type: "uri", value: uriIn(payload) }];
    case "T":
      return [{ type: "text", value: textIn(payload) }];
    case "Sp":
      if (depth >= depthMax) throw broken();
      // What the phone should do with it, its size and its icon concern a phone, not a till.
      return parse(payload, depth + 1).filter((inner) => inner.type === "uri" || inner.type === "text");
    default:
      return [other(`urn:nfc:wkt:${type}`, payload)];
  }
}

/** NFC Forum, URI RTD 1.0, table 3: what a first byte stands for. A byte beyond the table stands for nothing. */
const uriPrefixes = [
  ..."|http://www.|https://www.|http://|https://|tel:|mailto:|ftp://anonymous:anonymous@|ftp://ftp.|ftps://".split("|"),
  ..."sftp://|smb://|nfs://|ftp://|dav://|news:|telnet://|imap:|rtsp://|urn:|pop:|sip:|sips:|tftp:".split("|"),
  ..."btspp://|btl2cap://|btgoep://|tcpobex://|irdaobex://|file://|urn:epc:id:|urn:epc:tag:".split("|"),
  ..."urn:epc:pat:|urn:epc:raw:|urn:epc:|urn:nfc:".split("|"),
];

function uriIn(payload: Uint8Array): string {
  const [prefix] = payload;
  if (prefix === undefined) throw broken();
  return (uriPrefixes[prefix] ?? "") + (utf8(payload.subarray(1)) ?? latin1(payload.subarray(1)));
}

/** A status byte (UTF-16 or UTF-8, length of the language), the language, the text. */
function textIn(payload: Uint8Array): string {
  const [status] = payload;
  const start = 1 + ((status ?? 0) & 0x3f);
  if (status === undefined || start > payload.length) throw broken();
  const bytes = payload.subarray(start);
  const text = (status & 0x80) === 0 ? utf8(bytes) : utf16(bytes);
  if (text === undefined) throw broken();
  return text;
}

/** As text where it is text; else in base64, and the type says so. */
function other(type: string, payload: Uint8Array): NdefRecord {
  const text = utf8(payload);
  const isText = text !== undefined && !/[\0-\x08\x0e-\x1f\x7f]/.test(text);
  return isText ? { type, value: text } : { type: `${type};base64`, value: Buffer.from(payload).toString("base64") };
}

function utf8(bytes: Uint8Array): string | undefined {
  return decode("utf-8", bytes);
}

/** Big-endian, as the RTD wants it, unless a mark at the start says otherwise. */
function utf16(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  return decode(first === 0xff && second === 0xfe ? "utf-16le" : "utf-16be", bytes);
}

function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function broken(): TagUnreadable {
  return new TagUnreadable("what is written on the tag makes no sense");
}
