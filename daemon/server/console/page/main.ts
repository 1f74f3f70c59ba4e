import { button, element, icon } from "../../pages/elements.ts";
import { Desk } from "./desk.ts";
import { LockScreen } from "./lock-screen.ts";
import { announce, type Say, sayIn } from "./say.ts";
import { makeStore, type ConsoleStore } from "./state.ts";
import { showClients } from "./views/clients.ts";
import { showDevices } from "./views/devices.ts";
import { showDoor } from "./views/lock-screen.ts";
import { showLights } from "./views/lights.ts";
import { showPairing } from "./views/pairing.ts";
import { showPayments } from "./views/payments.ts";
import { showRecovery } from "./views/recovery.ts";
import { showRequests } from "./views/requests.ts";
import { section } from "./views/section.ts";
import { showSeen } from "./views/seen.ts";
import { showSupport } from "./views/support.ts";
import { showWedge } from "./views/wedge.ts";
import { languageFor } from "./words/languages.ts";

open();

/** The console: locked until a person on this till has made a code for it. */
function open(): void {
  const language = languageFor(navigator.languages);
  const store = makeStore(language);
  const say = sayIn(language, navigator.languages.find((tag) => languageFor([tag]) === language) ?? language);
  const desk = new Desk(store, () => door.lock("doorClosed"));
  const door: LockScreen = new LockScreen(store, (token) => desk.enter(token));
  document.documentElement.lang = language;
  document.title = `${say("title")} · Tillbridge`;
  place("skip").textContent = say("skip");
  place("lights").setAttribute("aria-label", say("lights"));
  showHead(place("head"), store, say, desk);
  showLights(place("lights"), store, say);
  showDoor(place("door"), store, say, door);
  showRecovery(place("recovery"), store, say, desk);
  showRequests(place("requests"), store, say, desk);
  showPairing(place("pairing"), store, say, desk);
  showSeen(place("seen"), store, say);
  showDevices(place("devices"), store, say);
  showWedge(place("wedge"), store, say, desk);
  showPayments(place("payments"), store, say);
  showClients(place("clients"), store, say, desk);
  showSupport(place("support"), store, say, desk);
  announce(place("heard"), store, say);
  door.begin();
}

function showHead(head: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    head,
    ({ till, door }) => ({ name: till?.name, isOpen: door === "open" }),
    ({ name, isOpen }) => [
      element("h1", {}, name ?? say("title")),
      element("span", { class: "quiet" }, name === undefined ? "Tillbridge" : say("title")),
      isOpen && button("lock", [icon("lock"), say("lock")], () => void desk.lock(), { class: "secondary head-lock" }),
    ],
  );
}

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
