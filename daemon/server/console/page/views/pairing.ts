import { button, element, icon } from "../../../pages/elements.ts";
import { qrCode } from "../../../pages/qr-code.ts";
import type { Terminal } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleState, ConsoleStore } from "../state.ts";
import { notice, section } from "./section.ts";

/** Which tag stands on the counter. Done once, by scanning it. */
export function showPairing(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    place,
    ({ till, pairing, trouble, sure, answers, door }) => ({
      isOpen: door === "open" && till !== undefined,
      terminal: till?.terminal,
      pairing,
      trouble: trouble?.where === "pairing" ? trouble.what : undefined,
      sure,
      answers,
    }),
    (model) =>
      model.isOpen
        ? [
            element("h2", {}, say("pairing")),
            ...(model.terminal ? paired(model.terminal, model, say, { store, desk }) : unpaired(model, say, desk)),
            model.trouble && notice(say.trouble(model.trouble)),
          ]
        : [],
  );
}

interface Model {
  readonly pairing: ConsoleState["pairing"];
  readonly sure?: string | undefined;
  readonly answers: boolean;
}

function paired(
  { tagContent, tagId, terminalId, locationDescription }: Terminal,
  { sure, answers }: Model,
  say: Say,
  { store, desk }: { readonly store: ConsoleStore; readonly desk: Desk },
): HTMLElement[] {
  const isSure = sure === "unpair";
  return [
    element("p", { class: "notice notice-good" }, icon("check"), element("span", {}, say("paired"))),
    element(
      "div",
      { class: "tag-row" },
      element("div", { class: "picture" }, qrCode(tagContent, say("tagPicture"))),
      element(
        "dl",
        { class: "facts" },
        element("div", {}, element("dt", {}, say("place")), element("dd", {}, locationDescription)),
        element("div", {}, element("dt", {}, say("tagId")), element("dd", { class: "number" }, tagId)),
        tagId !== terminalId &&
          element("div", {}, element("dt", {}, "Terminal ID"), element("dd", { class: "number" }, terminalId)),
      ),
    ),
    element(
      "div",
      { class: "button-row" },
      button(
        "unpair",
        say(isSure ? "removeSure" : "remove"),
        () => (isSure ? void desk.unpair() : store.change({ sure: "unpair" })),
        { class: isSure ? "danger" : "secondary", disabled: !answers },
      ),
    ),
  ];
}

function unpaired({ pairing, answers }: Model, say: Say, desk: Desk): (HTMLElement | false | undefined)[] {
  const isListening = pairing.step === "listening";
  const tag = field("tag", say("tagId"), pairing.tag, say("tagIdHint"));
  const place = field("place", say("place"), say("placeDefault"), "");
  place.input.maxLength = 36;
  const submit = (event: Event) => {
    event.preventDefault();
    void desk.register(tag.input.value.trim(), place.input.value.trim());
  };
  const isBusy = !answers || pairing.step === "working";
  return [
    element("p", {}, say("unpaired")),
    button(
      "listen",
      [icon("scanner"), say(isListening ? "listening" : "scanTag")],
      () => void (isListening ? desk.stopListening() : desk.listen()),
      {
        class: `${pairing.step === "read" ? "secondary" : "primary"} wide${isListening ? " listening" : ""}`,
        "aria-pressed": isListening ? "true" : "false",
        disabled: isBusy,
      },
    ),
    pairing.trouble && notice(say.trouble(pairing.trouble)),
    pairing.step === "read" &&
      element("p", { class: "notice notice-good" }, icon("check"), element("span", {}, say("tagRead"))),
    element(
      "form",
      { class: "fields", onSubmit: submit },
      tag.row,
      place.row,
      element(
        "div",
        { class: "button-row" },
        element(
          "button",
          {
            type: "submit",
            class: pairing.step === "read" ? "primary" : "secondary",
            "data-key": "register",
            disabled: isBusy,
          },
          say("register"),
        ),
        button("create", say("createTag"), () => void desk.create(place.input.value.trim() || say("placeDefault")), {
          class: "link",
          disabled: isBusy,
        }),
      ),
    ),
  ];
}

function field(name: string, label: string, value: string, placeholder: string) {
  const input = element("input", {
    id: name,
    type: "text",
    value,
    placeholder,
    "data-key": name,
    required: true,
    autocomplete: "off",
  });
  return { row: element("div", { class: "field" }, element("label", { for: name }, label), input), input };
}
