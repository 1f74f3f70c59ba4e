import { button, element, icon } from "../../../../server/pages/elements.ts";
import type { TillScreen, TillPageState, TillPageStore } from "../state.ts";
import { view } from "./view.ts";

const screens: readonly { readonly screen: TillScreen; readonly label: string; readonly icon: string }[] = [
  { screen: "sale", label: "Sale", icon: "cart" },
  { screen: "receipts", label: "Receipts", icon: "receipt" },
  { screen: "settings", label: "Settings", icon: "gear" },
];

/** The till's head: its name and the way to its screens. */
export function showHead(place: HTMLElement, store: TillPageStore): void {
  view(
    store,
    place,
    ({ screen, till }) => ({ screen, name: till?.name ?? "Till", brand: till?.brand }),
    ({ screen, name }) => [
      element("h1", { class: "till-name" }, name),
      element(
        "nav",
        { class: "tabs", "aria-label": "Screens of the till" },
        screens.map((one) =>
          button(`screen-${one.screen}`, [icon(one.icon), one.label], () => store.change({ screen: one.screen }), {
            class: "tab",
            "aria-current": one.screen === screen ? "page" : undefined,
          }),
        ),
      ),
    ],
  );
}

/** The strip at the foot: whether the daemon answers, and the last things it told. */
export function showStrip(place: HTMLElement, store: TillPageStore): void {
  view(store, place, stripOf, ({ lamp, words, last, noted }) => [
    element("span", { class: `lamp lamp-${lamp}` }),
    element("span", { class: "strip-state" }, words),
    last !== undefined && element("span", { class: "strip-last" }, last),
    element(
      "details",
      { class: "strip-events" },
      element("summary", { "data-key": "events" }, "Events"),
      element(
        "ol",
        {},
        noted.map(({ seq, event, words }) =>
          element(
            "li",
            {},
            element("span", { class: "number quiet" }, String(seq)),
            element("code", {}, event),
            element("span", {}, words),
          ),
        ),
      ),
    ),
  ]);
}

function stripOf({ link, power, noted, devices }: TillPageState) {
  const [last] = noted;
  const scanner = devices.find(({ kind }) => kind === "scanner");
  const away = {
    connecting: "Connecting to the till's program…",
    away: "The till's program does not answer",
    refused: "The till's program refuses this page",
    ready: "",
  };
  return {
    lamp: power !== "on" ? "lost" : link === "ready" ? "ready" : "connecting",
    words:
      power === "off"
        ? "No power"
        : link === "ready"
          ? `Ready${scanner?.state === "ready" ? " · scanner ready" : ""}`
          : away[link],
    last: last && `${last.event} · ${last.words}`,
    noted,
  };
}
