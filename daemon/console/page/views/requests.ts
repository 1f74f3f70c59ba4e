import { button, element } from "../../../pages/elements.ts";
import type { ConsoleOverview } from "../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { Store } from "../state.ts";
import { notice, section } from "./section.ts";

/** Pages that show a code and wait: a person compares it with the one here. */
export function showRequests(place: HTMLElement, store: Store, say: Say, desk: Desk): void {
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
    element(
      "div",
      { class: "button-row" },
      button(`approve-${requestId}`, say("approve"), () => void desk.letIn(requestId, true), {
        class: "primary",
        disabled: !answers || code === undefined,
      }),
      button(`refuse-${requestId}`, say("refuse"), () => void desk.letIn(requestId, false), {
        class: "secondary",
        disabled: !answers,
      }),
    ),
  );
}
