import { TagUnreadable } from "../../drivers/nfc-reader/apdu.ts";
import { type NdefRecord, parseNdef } from "../../drivers/nfc-reader/ndef.ts";
import { route } from "../../daemon/devices/route.ts";
import { textMessage, uriMessage } from "../../test/support/nfc-tags.ts";
import type { Dough } from "./dough.ts";
import type { FuzzTarget } from "./target.ts";

const right = [uriMessage("https://qr.vipps.no/mc/AbC123"), uriMessage("tel:+4512345678"), textMessage("Counter 1")];

/** What an NFC tag says of itself: right messages spoilt byte by byte. Each is read or refused, and what is read has a taker. */
export function ndefTarget(): FuzzTarget {
  return {
    name: "ndef",
    run: async (dough) => {
      for (let message = 0; message < 20; message += 1) check(records(bytesOf(dough)));
    },
    close: async () => undefined,
  };
}

function bytesOf(dough: Dough): Buffer {
  let bytes = dough.dice.chance(0.8) ? Buffer.from(dough.dice.pick(right)) : dough.bytes(300);
  for (let times = dough.whole(3); times > 0; times -= 1) bytes = dough.spoilBytes(bytes);
  return bytes;
}

/** Undefined when the message is refused. Throws when it fails in any other way. */
function records(bytes: Buffer): NdefRecord[] | undefined {
  try {
    return parseNdef(bytes);
  } catch (error) {
    if (error instanceof TagUnreadable) return undefined;
    throw error;
  }
}

function check(found: readonly NdefRecord[] | undefined): void {
  if (!found) return;
  const texts = found.map(({ value }) => value);
  if (!texts.every((text) => text.isWellFormed())) throw new Error("a record holds half a character");
  const to = route(texts, { pairingListens: false, paymentWantsCustomerQr: true }).to;
  if (to !== "payment" && to !== "page") throw new Error("a tag has no taker");
}
