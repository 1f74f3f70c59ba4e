import { element, icon } from "../../../pages/elements.ts";
import { qrCode } from "../../../pages/qr-code.ts";
import type { Say } from "../say.ts";
import type { Seen, ConsoleStore } from "../state.ts";
import { section } from "./section.ts";

const codeLengthMax = 300;

/** A live picture of what was scanned last, and what came before it. */
export function showSeen(place: HTMLElement, store: ConsoleStore, say: Say): void {
  section(
    store,
    place,
    ({ seen, door }) => ({ seen, isOpen: door === "open" }),
    ({ seen: [last, ...earlier], isOpen }) =>
      isOpen
        ? [
            element("h2", {}, say("seen")),
            last ? newest(last, say) : element("p", { class: "quiet" }, say("seenNothing")),
            earlier.length > 0 && element("h3", { class: "small-title" }, say("earlier")),
            earlier.length > 0 &&
              element(
                "ul",
                { class: "rows" },
                earlier.map((one) =>
                  element(
                    "li",
                    {},
                    element("span", { class: "row-main" }, one.content ?? say("hidden")),
                    element("span", { class: "quiet" }, `${say(meanings[one.meaning])} · ${say.time(one.at)}`),
                  ),
                ),
              ),
          ]
        : [],
  );
}

const meanings = {
  product: "meaningProduct",
  customerQr: "meaningCustomer",
  tillTag: "meaningTag",
  unknown: "meaningUnknown",
} as const;

function newest(seen: Seen, say: Say): HTMLElement {
  const { content, meaning, symbology, at, handledBy } = seen;
  return element(
    "div",
    { class: "seen", "data-seq": seen.seq },
    element("div", { class: "picture" }, pictureOf(seen, say)),
    element(
      "div",
      { class: "seen-words" },
      element("strong", { class: "seen-meaning" }, say(meanings[meaning])),
      element("span", { class: "seen-content" }, content ?? say("hidden")),
      element(
        "span",
        { class: "quiet" },
        [symbology, handledBy && say(handledBy === "pairing" ? "handledPairing" : "handledPayment"), say.time(at)]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
  );
}

/** A tag is shown as the code it was; a product's stripes and a person's code are not drawn. */
function pictureOf({ content, meaning, kind }: Seen, say: Say): Node {
  if (meaning === "customerQr") return icon("person");
  if (meaning === "product" || content === undefined) return icon("barcode");
  if (kind === "tap" || content.length > codeLengthMax) return icon("scanner");
  return qrCode(content, say(meanings[meaning]));
}
