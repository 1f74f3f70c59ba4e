import { button, element, icon } from "../../../../server/pages/elements.ts";
import type { DemoView } from "../demo-link.ts";
import { qrCode } from "../../../../server/pages/qr-code.ts";
import type { TillPageStore } from "../state.ts";
import { view } from "./view.ts";

/** What a person can do around the till: scan with the virtual scanner, pull the plug, put it in again. */
export interface Around {
  readonly scanSticker: () => void;
  readonly scanCustomer: () => void;
  readonly pullThePlug: () => void;
  readonly powerOn: () => void;
}

/** The counter: the customer's phone, the sticker, and the plug. */
export function showCounter(place: HTMLElement, outside: DemoView, store: TillPageStore, around: Around): void {
  const tools = element("div", { class: "counter-tools" });
  place.replaceChildren(
    element("h2", { class: "counter-title" }, "The customer’s phone"),
    element("iframe", { class: "phone", title: "The customer’s phone", src: outside.phoneUrl }),
    tools,
  );
  view(
    store,
    tools,
    ({ power }) => ({ power }),
    ({ power }) => [
      element(
        "div",
        { class: "sticker" },
        element("div", { class: "sticker-qr" }, qrCode(outside.sticker.content, "The sticker on the counter")),
        element(
          "div",
          { class: "sticker-words" },
          element("strong", {}, "Sticker on the counter"),
          element("span", { class: "quiet number" }, outside.sticker.id),
        ),
        element(
          "div",
          { class: "sticker-buttons" },
          button("scan-sticker", [icon("scanner"), "Scan sticker"], around.scanSticker, {
            class: "play",
            disabled: power !== "on",
          }),
          button("scan-phone", [icon("scanner"), "Scan phone"], around.scanCustomer, {
            class: "play",
            disabled: power !== "on",
          }),
        ),
      ),
      power === "on"
        ? button("plug", [icon("plug"), "Pull the plug"], around.pullThePlug, { class: "play plug" })
        : button("power-on", [icon("bolt"), power === "starting" ? "Starting…" : "Power on"], around.powerOn, {
            class: "play power-on",
            disabled: power === "starting",
          }),
    ],
  );
}
