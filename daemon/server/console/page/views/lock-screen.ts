import { element } from "../../../pages/elements.ts";
import type { LockScreen } from "../lock-screen.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import { notice, section } from "./section.ts";

/** The way in: a code that only a person on this till can have made. */
export function showDoor(place: HTMLElement, store: ConsoleStore, say: Say, door: LockScreen): void {
  section(
    store,
    place,
    ({ door: state, doorTrouble, health, answers }) => ({
      state,
      doorTrouble,
      urgent: (health?.recovery.open ?? 0) > 0,
      answers,
    }),
    ({ state, doorTrouble, urgent, answers }) => {
      if (state === "open") return [];
      const code = element("input", {
        id: "code",
        type: "text",
        "data-key": "code",
        class: "code-input",
        inputmode: "numeric",
        autocomplete: "one-time-code",
        maxlength: 12,
        required: true,
      });
      const submit = (event: Event) => {
        event.preventDefault();
        void door.open(code.value.replaceAll(/\D/g, "") || "-");
      };
      return [
        element("h2", {}, say("doorTitle")),
        urgent && element("p", { class: "notice notice-warn" }, say("doorUrgent")),
        element("p", {}, say("doorText")),
        element("p", {}, say("doorHow")),
        element("p", {}, element("code", { class: "command" }, "tillbridge console")),
        element(
          "form",
          { class: "door-form", onSubmit: submit },
          element("div", { class: "field" }, element("label", { for: "code" }, say("doorCode")), code),
          element(
            "button",
            { type: "submit", class: "primary", "data-key": "open", disabled: state === "opening" || !answers },
            say("doorOpen"),
          ),
        ),
        doorTrouble && notice(say(doorTrouble.key, { count: doorTrouble.count ?? 0 })),
      ];
    },
  );
}
