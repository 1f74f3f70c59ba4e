import { button, element } from "../../../pages/elements.ts";
import type { ConsoleOverview } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import { notice, section } from "./section.ts";

/** Who may connect, each with a way to take that away. */
export function showClients(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    place,
    ({ overview, sure, trouble, answers }) => ({
      clients: overview?.clients,
      sure,
      trouble: trouble?.where === "clients" ? trouble.what : undefined,
      answers,
    }),
    ({ clients, sure, trouble, answers }) =>
      clients === undefined
        ? []
        : [
            element("h2", {}, say("clients")),
            trouble && notice(say.trouble(trouble)),
            clients.length === 0
              ? element("p", { class: "quiet" }, say("clientsNone"))
              : element(
                  "ul",
                  { class: "rows" },
                  clients.map((client) => drawn(client, sure === client.clientId, answers, say, { store, desk })),
                ),
          ],
  );
}

function drawn(
  { clientId, name, origin, rights, since }: ConsoleOverview["clients"][number],
  isSure: boolean,
  answers: boolean,
  say: Say,
  { store, desk }: { readonly store: ConsoleStore; readonly desk: Desk },
): HTMLElement {
  const where = origin === undefined ? say("anyOrigin") : origin === "none" ? say("requestProgram") : origin;
  return element(
    "li",
    {},
    element(
      "span",
      { class: "row-main" },
      element("span", {}, name),
      element("span", { class: "quiet" }, `${where} · ${say("clientSince", { date: say.date(since) })}`),
      element("span", { class: "quiet" }, `${say("may")}: ${rights.map((right) => say(rightWords[right])).join(", ")}`),
    ),
    button(
      `revoke-${clientId}`,
      say(isSure ? "revokeSure" : "revoke"),
      () => (isSure ? void desk.revoke(clientId) : store.change({ sure: clientId })),
      {
        class: isSure ? "danger small" : "secondary small",
        disabled: !answers,
        "aria-label": `${say(isSure ? "revokeSure" : "revoke")} ${name}`,
      },
    ),
  );
}

const rightWords = { read: "mayRead", sell: "maySell", refund: "mayRefund", settings: "maySettings" } as const;
