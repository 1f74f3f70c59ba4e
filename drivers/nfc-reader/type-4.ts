import { ask, TagUnreadable, type Transmit } from "./apdu.ts";

const ndefApplication = [0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01];
const capabilityFile = 0xe103;
/** NFC Forum Type 4 Tag 2.0, 4.2: the capability container with one file control. */
const capabilityBytes = 15;
const fileControl = 0x04;
/** A till's tag holds some hundred bytes; a longer message is for something else. */
export const messageBytesMax = 8192;
/** Fits every reader's buffer, whatever the tag says that it can send. */
const chunkBytesMax = 240;

/**
 * The NDEF message on an NFC Forum type 4 tag (DESFire, NTAG 4xx, a phone that plays a tag), or undefined when it has no NDEF
 * application: a bank card, a phone. Throws `TagUnreadable`. Commands: NFC Forum, Type 4 Tag Operation 2.0.
 */
export async function readType4(transmit: Transmit): Promise<Uint8Array | undefined> {
  const application = await ask(
    transmit,
    [0x00, 0xa4, 0x04, 0x00, ndefApplication.length, ...ndefApplication, 0x00],
    256,
  );
  if (application === undefined) return undefined;
  const { fileId, chunkBytes } = await readCapability(transmit);
  await select(transmit, fileId);
  const [high = 0, low = 0] = await readBinary(transmit, 0, 2);
  const length = high * 256 + low;
  if (length > messageBytesMax) throw new TagUnreadable("what is written on the tag is too long");
  const message = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const part = await readBinary(transmit, 2 + at, Math.min(chunkBytes, length - at));
    message.set(part, at);
    at += part.length;
  }
  return message;
}

async function readCapability(transmit: Transmit): Promise<{ fileId: number; chunkBytes: number }> {
  await select(transmit, capabilityFile);
  const file = await readBinary(transmit, 0, capabilityBytes);
  const [, , version = 0, mleHigh = 0, mleLow = 0, , , type, , idHigh = 0, idLow = 0, , , readAccess] = file;
  if (version >> 4 < 2 || type !== fileControl) throw new TagUnreadable("the tag is of a kind that is not known");
  if (readAccess !== 0) throw new TagUnreadable("the tag may not be read without a key");
  const chunkBytes = Math.max(1, Math.min(mleHigh * 256 + mleLow, chunkBytesMax));
  return { fileId: idHigh * 256 + idLow, chunkBytes };
}

async function select(transmit: Transmit, file: number): Promise<void> {
  const done = await ask(transmit, [0x00, 0xa4, 0x00, 0x0c, 0x02, file >> 8, file & 0xff], 256);
  if (done === undefined) throw unlike();
}

async function readBinary(transmit: Transmit, offset: number, length: number): Promise<Uint8Array> {
  const data = await ask(transmit, [0x00, 0xb0, offset >> 8, offset & 0xff, length], length);
  if (data?.length !== length) throw unlike();
  return data;
}

function unlike(): TagUnreadable {
  return new TagUnreadable("the tag does not answer as it should");
}
