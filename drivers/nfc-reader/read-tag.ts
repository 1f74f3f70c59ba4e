import type { NfcRead } from "../driver.ts";
import { ask, TagUnreadable, type Transmit } from "./apdu.ts";
import { parseNdef } from "./ndef.ts";
import { readType2 } from "./type-2.ts";
import { readType4 } from "./type-4.ts";

/**
 * Reads a tag that lies on the reader. Throws `TagUnreadable`. A card that holds no NDEF, such as a bank card or a phone, has a
 * UID (a new one each time, where it protects its owner) and no records.
 */
export async function readTag(transmit: Transmit, atr: Uint8Array): Promise<NfcRead> {
  const uid = await readUid(transmit);
  const message = await (isStorageCard(atr) ? readType2(transmit) : readType4(transmit));
  return { kind: "tap", uid, atr: hex(atr), records: message === undefined ? [] : parseNdef(message) };
}

/** ISO 14443 knows 4, 7 and 10 bytes, ISO 15693 has 8. The command is GET DATA of PC/SC part 3. */
const uidLengths = [4, 7, 8, 10];

async function readUid(transmit: Transmit): Promise<string> {
  const uid = await ask(transmit, [0xff, 0xca, 0x00, 0x00, 0x00], 16);
  if (uid === undefined || !uidLengths.includes(uid.length))
    throw new TagUnreadable("the reader does not tell the tag's number");
  return hex(uid);
}

/** PC/SC part 3, 3.1.3.2.3: the reader makes up an ATR for a memory card, with this provider's number in it. */
const storageCardProvider = "a000000306";

function isStorageCard(atr: Uint8Array): boolean {
  return hex(atr).includes(`4f0c${storageCardProvider}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
