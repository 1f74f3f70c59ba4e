import type { Params, Result } from "../../protocol/methods.ts";
import type { RecoveryItem } from "../../protocol/values.ts";

/** Unless a page asks for more or less. */
const itemsPerPage = 100;

/**
 * A part of the recovery list: what waits for a person first. The cursor is the place of the last item, so that the list may change
 * between two parts.
 */
export function recoveryPage(
  items: readonly RecoveryItem[],
  { limit = itemsPerPage, cursor = "" }: Params<"recovery.list">,
): Result<"recovery.list"> {
  const rest = items
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => place > cursor)
    .toSorted((one, other) => (one.place < other.place ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(({ item }) => item), ...(last && rest.length > limit && { cursor: last.place }) };
}

function placeOf({ choices, paymentId }: RecoveryItem): string {
  return `${choices.length > 0 ? "decide" : "wait"} ${paymentId}`;
}
