import { meaningOf, recognise, type Scanned } from "../pairing/tag.ts";
import type { Meaning } from "../protocol/values.ts";

/** Who waits for a read at this moment, and which tag is this till's own. */
export interface Situation {
  readonly pairingListens: boolean;
  readonly paymentWantsCustomerQr: boolean;
  readonly ownTagId?: string | undefined;
}

/** Who gets the read, and the text in it that counts: an NFC tag may hold several. */
export interface ReadRoute {
  readonly to: "pairing" | "payment" | "page";
  readonly content: string;
  readonly meaning: Meaning;
}

/**
 * Who gets what was read. Pairing, while it listens, takes every read: what is no tag it refuses in words. A payment that
 * waits for the customer's code takes that and nothing else. The rest goes to the page, and nothing of MobilePay's is ever
 * called a product there.
 */
export function routeRead(texts: readonly string[], situation: Situation): ReadRoute {
  const read = texts.map((content) => ({ content, scanned: recognise(content) })).toSorted(byWeight)[0] ?? nothing;
  const { content } = read;
  if (situation.pairingListens) return { to: "pairing", content, meaning: meaningOf(read.scanned) };
  if (situation.paymentWantsCustomerQr && read.scanned.kind === "customerCode")
    return { to: "payment", content, meaning: "customerQr" };
  return { to: "page", content, meaning: meaningForSale(read.scanned, situation.ownTagId) };
}

const nothing = { content: "", scanned: recognise("") };

/** An NFC tag may hold a web address beside the till's id: what is MobilePay's counts before what is not. */
const weights: Readonly<Record<Scanned["kind"], number>> = {
  customerCode: 0,
  sticker: 1,
  callback: 2,
  printedId: 3,
  otherMobilePay: 4,
  product: 5,
  unknown: 6,
};

function byWeight(one: { readonly scanned: Scanned }, other: { readonly scanned: Scanned }): number {
  return weights[one.scanned.kind] - weights[other.scanned.kind];
}

/** Fifteen digits are also the number of a mobile phone for sale: as an id they count only if they are this till's own. */
function meaningForSale(scanned: Scanned, ownTagId: string | undefined): Meaning {
  if (scanned.kind === "printedId" && scanned.beaconId !== ownTagId) return "unknown";
  return meaningOf(scanned);
}
