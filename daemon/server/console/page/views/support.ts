import { button, element } from "../../../pages/elements.ts";
import type { LogRecord } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleState, ConsoleStore } from "../state.ts";
import { section } from "./section.ts";

const recordsForSupport = 60;

/** The log's newest records, and everything that support needs, as one text to copy. Each opens when it is asked for. */
export function showSupport(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  const log = element("div", { class: "log", tabindex: 0, role: "log", "aria-label": say("log"), "aria-live": "off" });
  const text = element("textarea", { class: "support-text", readonly: true, rows: 8, "aria-label": say("support") });
  const copied = element("span", { class: "quiet", role: "status" });
  const copy = async () => {
    text.value = supportText(store.state);
    copied.textContent = (await isCopied(text)) ? say("copied") : "";
  };
  const details = element("details", { class: "fold" }, element("summary", { "data-key": "log" }, say("log")), log);
  const support = element(
    "details",
    { class: "fold" },
    element("summary", { "data-key": "support" }, say("support")),
    element("p", {}, say("supportText")),
    text,
    element(
      "div",
      { class: "button-row" },
      button("copy", say("copy"), () => void copy(), { class: "secondary" }),
      copied,
    ),
  );
  for (const fold of [details, support])
    fold.addEventListener("toggle", () => desk.showLog(details.open || support.open));
  place.append(details, support);
  store.watch(() => {
    place.hidden = store.state.door !== "open";
  });
  section(
    store,
    log,
    ({ log: records }) => records,
    (records) =>
      records.length === 0
        ? [element("p", { class: "quiet" }, say("logNone"))]
        : records.toReversed().map((record) => line(record, say)),
  );
  store.watch(() => {
    // A person may be marking a part of it.
    if (support.open && document.activeElement !== text) text.value = supportText(store.state);
  });
}

function line({ at, level, component, message, fields }: LogRecord, say: Say): HTMLElement {
  return element(
    "p",
    { class: `log-line log-${level}` },
    element("span", { class: "log-time number" }, say.time(at)),
    element("span", { class: "log-level" }, level),
    element(
      "span",
      { class: "log-words" },
      [component, message].filter(Boolean).join(": "),
      fields !== undefined && element("span", { class: "log-fields" }, ` ${fields}`),
    ),
  );
}

/** Plain text, for a mail. What the daemon has sent is free of secrets; the customers' codes were never kept here. */
function supportText({ health, till, overview, recovery, log }: ConsoleState): string {
  const facts = {
    made: new Date().toISOString(),
    system: overview?.system,
    till: till && { tillId: till.tillId, name: till.name, brand: till.brand, terminal: till.terminal },
    health,
    connected: overview?.connected,
    clients: overview?.clients,
    recovery: Object.values(recovery).map(({ paymentId, situation, decision, resolved, payment }) => ({
      paymentId,
      situation,
      decision,
      resolved,
      state: payment.state,
    })),
  };
  const records = log.slice(-recordsForSupport).map((record) => JSON.stringify(record));
  return `${JSON.stringify(facts, undefined, 2)}\n\n${records.join("\n")}\n`;
}

async function isCopied(text: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text.value);
    return true;
  } catch {
    // Not allowed here: marked, so that the person can copy it by hand.
    text.select();
    return false;
  }
}
