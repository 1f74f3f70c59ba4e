import { routeRead } from "../../daemon/devices/route-read.ts";
import { TagUnreadable } from "../../drivers/nfc-reader/apdu.ts";
import { type NdefRecord, parseNdef } from "../../drivers/nfc-reader/ndef.ts";
import { readTag } from "../../drivers/nfc-reader/read-tag.ts";
import { atrs, textMessage, type2Tag, type4Tag, uriMessage } from "../support/nfc-tags.ts";
import type { ValueGenerator } from "./value-generator.ts";
import type { FuzzTarget } from "./target.ts";

const right = [uriMessage("https://qr.vipps.no/mc/AbC123"), uriMessage("tel:+4512345678"), textMessage("Counter 1")];
/** An NTAG216, and what it can hold. */
const pages = 231;
const messageBytesMax = 800;
/** The longest message in the smallest pieces. */
const commandsMax = 8300;

/** NFC tags: messages spoilt byte by byte, and tags whose answers are. Each is read or refused, and what is read has a taker. */
export function ndefTarget(): FuzzTarget {
  return {
    name: "ndef",
    run: async (generator) => {
      for (let message = 0; message < 10; message += 1)
        check(await orRefused(async () => parseNdef(bytesOf(generator))));
      for (let tag = 0; tag < 3; tag += 1) check(await orRefused(async () => (await readSpoilt(generator)).records));
    },
    close: async () => undefined,
  };
}

function bytesOf(generator: ValueGenerator): Buffer {
  let bytes = generator.random.chance(0.8) ? Buffer.from(generator.random.pick(right)) : generator.bytes(300);
  for (let times = generator.whole(3); times > 0; times -= 1) bytes = generator.mutateBytes(bytes);
  return bytes;
}

/** A tag that now and then answers what no tag should. */
function readSpoilt(generator: ValueGenerator) {
  const { random } = generator;
  const uid = generator.bytes(10);
  const isType2 = random.chance(0.5);
  const message = bytesOf(generator).subarray(0, messageBytesMax);
  const tag = isType2 ? type2Tag(uid, message, pages) : type4Tag(uid, message);
  const honest = random.pick([0.7, 0.95]);
  let commands = 0;
  return readTag(
    async (command) => {
      commands += 1;
      if (commands > commandsMax) throw new Error("a tag is asked without end");
      const answer = tag(Buffer.from(command)) ?? Buffer.alloc(0);
      return random.chance(honest) ? answer : generator.mutateBytes(answer);
    },
    random.pick([isType2 ? atrs.type2 : atrs.type4, atrs.classic, generator.bytes(30)]),
  );
}

/** Undefined when the message is refused. Throws when it fails in any other way. */
async function orRefused(read: () => Promise<readonly NdefRecord[]>): Promise<readonly NdefRecord[] | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TagUnreadable) return undefined;
    throw error;
  }
}

function check(found: readonly NdefRecord[] | undefined): void {
  if (!found) return;
  const texts = found.map(({ value }) => value);
  if (!texts.every((text) => text.isWellFormed())) throw new Error("a record holds half a character");
  const to = routeRead(texts, { pairingListens: false, paymentWantsCustomerQr: true }).to;
  if (to !== "payment" && to !== "page") throw new Error("a tag has no taker");
}
