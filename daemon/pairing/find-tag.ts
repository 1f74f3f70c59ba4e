import { BridgeError } from "../protocol/errors.ts";
import type { Params } from "../protocol/methods.ts";
import type { World } from "../world.ts";
import { inWords, meaningOf, presentable, recognise } from "./tag.ts";
import type { MerchantTag, TagGateway } from "./tag-gateway.ts";
import type { Till } from "./till.ts";

interface Ports {
  readonly till: Till;
  readonly tags: TagGateway;
  readonly world: World;
}

type Tag = Pick<MerchantTag, "merchantQrId" | "qrContent">;

/** Finds or makes the tag at MobilePay, so that it belongs to this sales unit. Throws `TAG_NOT_RECOGNISED` and what the gateway throws. */
export async function findTag(ports: Ports, request: Params<"pairing.register">): Promise<Tag> {
  if ("create" in request) return createTag(ports, request.locationDescription);
  const { tags } = ports;
  const scanned = recognise(request.tag);
  switch (scanned.kind) {
    case "sticker":
      return mapSticker(tags, scanned.beaconId, request.locationDescription);
    case "printedId":
      // Codes of the new platform are often named by a GUID too: those are this shop's already, and no sticker.
      return (await tags.get(scanned.beaconId)) ?? mapSticker(tags, scanned.beaconId, request.locationDescription);
    case "callback":
      return (await findByContent(tags, scanned.content)) ?? refuse(request.tag, notThisShops);
    default:
      return (await findById(tags, request.tag)) ?? refuse(request.tag, refusal(request.tag));
  }
}

/** The shop's tag with this text, or undefined. Throws what the gateway throws. */
export async function findByContent(tags: TagGateway, content: string): Promise<MerchantTag | undefined> {
  const wanted = URL.parse(content)?.href ?? content;
  return (await tags.list()).find(({ qrContent }) => (URL.parse(qrContent)?.href ?? qrContent) === wanted);
}

export const notThisShops = "This code is not a tag of this shop's MobilePay agreement.";

/** Why `text` is no till's tag, for the person who scanned it. */
export function refusal(text: string): string {
  return `This is ${inWords(recognise(text))}. It is not the till's tag.`;
}

function refuse(text: string, message: string): never {
  throw new BridgeError(
    "TAG_NOT_RECOGNISED",
    { scanned: presentable(text), meaning: meaningOf(recognise(text)) },
    message,
  );
}

/** An old sticker works once it is mapped to the sales unit. MobilePay may not list it at once: then its text is known all the same. */
async function mapSticker(tags: TagGateway, beaconId: string, locationDescription: string): Promise<Tag> {
  await tags.mapSticker(beaconId, locationDescription);
  return (
    (await tags.get(beaconId)) ?? { merchantQrId: beaconId, qrContent: `mobilepaypos://pos?id=${beaconId}&source=qr` }
  );
}

/** The id of a code that was made here or by another program of the shop's, as a person typed it. */
async function findById(tags: TagGateway, text: string): Promise<Tag | undefined> {
  const id = text.trim();
  const couldBeId = /^(?=.*[A-Za-z])[A-Za-z0-9_-]{4,64}$/.test(id);
  return couldBeId ? tags.get(id) : undefined;
}

/** Asked again, it is the code made before: a counter needs one, and a printed one must stay good. */
async function createTag({ till, tags, world }: Ports, locationDescription: string): Promise<Tag> {
  const { tillId, terminal } = till.view();
  const madeHere = terminal?.tagId.startsWith(`${tillId}-`) ? terminal.tagId : undefined;
  const id = madeHere ?? `${tillId}-${world.uuid().slice(0, 8)}`;
  await tags.put(id, locationDescription);
  const made = await tags.get(id);
  if (made === undefined)
    throw new BridgeError("PAIRING_FAILED", { reason: "MobilePay has not made the code yet. Try again." });
  return made;
}
