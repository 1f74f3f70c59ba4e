import { element } from "../../../pages/elements.ts";
import type { DeviceView } from "../../../../protocol/values.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import { deviceWords } from "./lights.ts";
import { section } from "./section.ts";

/** How each scanner and reader has done since the program was started. */
export function showDevices(place: HTMLElement, store: ConsoleStore, say: Say): void {
  section(
    store,
    place,
    ({ door, health }) => (door === "open" ? (health?.devices ?? []) : []),
    (devices) =>
      devices.length === 0
        ? []
        : [
            element("h2", {}, say("devices")),
            element(
              "ul",
              { class: "rows" },
              devices.map((device) => drawn(device, say)),
            ),
          ],
  );
}

function drawn({ name, state, detail, statistics }: DeviceView, say: Say): HTMLElement {
  const figures = statistics && [
    say("deviceFigures", { reads: statistics.reads, errors: statistics.errors, losses: statistics.losses }),
    ...(statistics.latencyMs === undefined ? [] : [`${statistics.latencyMs.p50} ms`]),
  ];
  return element(
    "li",
    {},
    element(
      "span",
      { class: "row-main" },
      element("span", {}, `${name}: ${say(deviceWords[state])}`),
      detail !== undefined && element("span", { class: "quiet" }, detail),
      figures && element("span", { class: "quiet" }, figures.join(" · ")),
    ),
  );
}
