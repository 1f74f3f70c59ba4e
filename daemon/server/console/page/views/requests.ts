import { button, element } from "../../../pages/elements.ts";
import type { Right } from "../../../../protocol/rights.ts";
import type { ConsoleOverview } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import type { ConsoleWords } from "../words/en.ts";
import { notice, section } from "./section.ts";

/** Pages that show a code and wait: a person compares it with the one here. */
export function showRequests(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    place,
    ({ overview, trouble, answers }) => ({
      requests: overview?.requests ?? [],
      trouble: trouble?.where === "requests" ? trouble.what : undefined,
      answers,
    }),
    ({ requests, trouble, answers }) =>
      requests.length === 0
        ? []
        : [
            element("h2", {}, say("requests")),
            element("p", {}, say("requestText")),
            trouble && notice(say.trouble(trouble)),
            ...requests.map((request) => drawn(request, answers, say, desk)),
          ],
  );
}

function drawn(request: ConsoleOverview["requests"][number], answers: boolean, say: Say, desk: Desk): HTMLElement {
  const { requestId, name, origin, code } = request;
  const ticks = rightTicks(requestId, say);
  return element(
    "article",
    { class: "request", "aria-label": name },
    element(
      "div",
      { class: "request-who" },
      element("h3", {}, name),
      element("p", { class: "quiet" }, origin === "none" ? say("requestProgram") : say("requestFrom", { origin })),
    ),
    code !== undefined &&
      element(
        "p",
        { class: "request-code" },
        element("span", { class: "quiet" }, say("requestCode")),
        element("strong", { class: "code number" }, code),
      ),
    ticks.row,
    element(
      "div",
      { class: "button-row" },
      button(`approve-${requestId}`, say("approve"), () => void desk.letIn(requestId, ticks.chosen()), {
        class: "primary",
        disabled: !answers || code === undefined,
      }),
      button(`refuse-${requestId}`, say("refuse"), () => void desk.turnAway(requestId), {
        class: "secondary",
        disabled: !answers,
      }),
    ),
  );
}

const rightWords = { sell: "maySell", refund: "mayRefund", settings: "maySettings" } as const satisfies Partial<
  Record<Right, keyof ConsoleWords>
>;

/** What the page may do, once it is in; looking is for all. A customer display needs none of it. */
function rightTicks(requestId: string, say: Say) {
  const rights = ["sell", "refund", "settings"] as const;
  const inputs = rights.map((right) =>
    element("input", { type: "checkbox", checked: true, "data-key": `${right}-${requestId}` }),
  );
  return {
    row: element(
      "fieldset",
      { class: "ticks" },
      element("legend", { class: "quiet" }, say("may")),
      rights.map((right, index) => element("label", { class: "tick" }, inputs[index], say(rightWords[right]))),
    ),
    chosen: (): Right[] => ["read", ...rights.filter((_, index) => inputs[index]?.checked)],
  };
}
