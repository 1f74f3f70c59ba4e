import { button, element, icon } from "../../../pages/elements.ts";
import { scannerCodePicture } from "../../../pages/scanner-code.ts";
import type { ConsoleScanners } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleState, ConsoleStore } from "../state.ts";
import { section } from "./section.ts";

type Maker = ConsoleScanners["makers"][number];

/** No person types so fast. */
const typedMsMax = 50;
const typedMin = 3;

/** How a scanner that types into windows is switched to one that the till reads. */
export function showWedge(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    place,
    ({ door, wedge }) => ({ isOpen: door === "open", wedge }),
    ({ isOpen, wedge }) =>
      isOpen
        ? [
            element("h2", {}, say("wedge")),
            element("p", {}, say("wedgeText")),
            ...(wedge.scanners
              ? helper(wedge, wedge.scanners, say, store)
              : [button("wedge", say("wedgeHelp"), () => void desk.lookForScanners(), { class: "secondary wide" })]),
          ]
        : [],
  );
}

function helper(
  wedge: ConsoleState["wedge"],
  { typing, makers }: ConsoleScanners,
  say: Say,
  store: ConsoleStore,
): HTMLElement[] {
  const chosen = makers.find(({ maker }) => maker === (wedge.maker ?? typing[0]));
  const choose = (maker: string) => store.change({ wedge: { ...wedge, maker } });
  return [
    trial(wedge, say, store),
    ...typing.map((maker) => element("p", { class: "notice" }, say("wedgeFound", { maker }))),
    makerChoice(makers, chosen?.maker, say, choose),
    ...(chosen ? steps(chosen, say) : []),
  ];
}

/** A scanner in keyboard mode types into this very field. */
function trial({ types }: ConsoleState["wedge"], say: Say, store: ConsoleStore): HTMLElement {
  const times: number[] = [];
  const input = element("input", { id: "wedge-trial", type: "text", "data-key": "wedge-trial", autocomplete: "off" });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key.length === 1 || event.key === "Enter") times.push(event.timeStamp);
    if (event.key !== "Enter") return;
    // What it typed may stand for a person.
    input.value = "";
    store.change({ wedge: { ...store.state.wedge, types: isScanner(times.splice(0)) } });
  });
  return element(
    "div",
    { class: "field" },
    element("label", { for: "wedge-trial" }, say("wedgeTry")),
    input,
    element("span", { class: "wedge-types", role: "status" }, types === true && say("wedgeTypes")),
  );
}

function isScanner(times: readonly number[]): boolean {
  const [first = 0] = times;
  return times.length > typedMin && (times.at(-1) ?? 0) - first < typedMsMax * (times.length - 1);
}

function makerChoice(
  makers: readonly Maker[],
  chosen: string | undefined,
  say: Say,
  choose: (maker: string) => void,
): HTMLElement {
  const isChosen = (maker: string) => maker === chosen;
  return element(
    "div",
    { class: "wedge-makers", role: "group", "aria-label": say("wedgeMaker") },
    element("span", { class: "wedge-label" }, say("wedgeMaker")),
    element(
      "div",
      { class: "button-row" },
      makers.map(({ maker }) =>
        button(`wedge-${maker}`, maker, () => choose(maker), {
          class: isChosen(maker) ? "primary" : "secondary",
          "aria-pressed": isChosen(maker) ? "true" : "false",
        }),
      ),
    ),
  );
}

function steps({ mode, driver, code = "", drawn, book, chapter }: Maker, say: Say): HTMLElement[] {
  const printed = say(code === "" ? "wedgeGuide" : "wedgeCode", { code, book, chapter, mode });
  const picture = drawn === undefined ? undefined : scannerCodePicture(drawn, say("wedgePicture", { mode }));
  return [
    element(
      "ol",
      { class: "steps" },
      element("li", {}, picture && say("wedgeDrawn", { mode }), picture, picture ? say("wedgeElse") : "", " ", printed),
      element("li", {}, say("wedgeSettings", { driver })),
      element("li", {}, say("wedgeDone", { seen: say("seen") })),
    ),
    element("p", { class: "quiet" }, icon("scanner"), " ", say("wedgeOther")),
  ];
}
