import { kroner } from "../amount.ts";
import { oneTabStop } from "../arrow-keys.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import { assortment, type Good } from "../goods.ts";

/** The assortment: a press rings the goods up, "Scan" lets the virtual scanner read their barcode. */
export function showGoods(place: HTMLElement, add: (ean: string) => void, scan: (ean: string) => void): void {
  place.replaceChildren(...assortment.map((good) => tile(good, add, scan)));
  oneTabStop(place);
}

function tile(good: Good, add: (ean: string) => void, scan: (ean: string) => void): HTMLElement {
  const face = [
    element("span", { class: "good-icon" }, icon(good.icon)),
    element("span", { class: "good-name" }, good.name),
    element("span", { class: "good-unit" }, good.unit),
    element("span", { class: "good-price" }, kroner(good.priceOre)),
  ];
  return element(
    "div",
    { class: "good", role: "group", "aria-label": good.name },
    button(`add-${good.ean}`, face, () => add(good.ean), {
      class: "good-face",
      "aria-label": `Add ${good.name}, ${good.unit}, ${kroner(good.priceOre)}`,
    }),
    button(`scan-${good.ean}`, [icon("barcode"), element("span", {}, "Scan")], () => scan(good.ean), {
      class: "good-scan",
      "aria-label": `Scan the barcode of ${good.name}`,
    }),
  );
}
