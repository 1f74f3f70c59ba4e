import { button, element, icon } from "../../../../server/pages/elements.ts";
import { qrCode } from "../../../../server/pages/qr-code.ts";
import type { SettlingIn } from "../settling-in.ts";
import type { TillPageState, TillPageStore } from "../state.ts";
import type { DeviceView, PaymentMethod, Terminal } from "../../../../protocol/values.ts";
import { view } from "./view.ts";

/** What an installer does once: pair the till with its code, and set up the payment method. Below: the devices. */
export function showSettings(place: HTMLElement, store: TillPageStore, settlingIn: SettlingIn): void {
  const pairing = element("section", { class: "panel" });
  const method = element("section", { class: "panel" });
  const devices = element("section", { class: "panel" });
  place.replaceChildren(
    element("div", { class: "panel-column" }, pairing),
    element("div", { class: "panel-column" }, method, devices),
  );
  view(store, pairing, pairingOf, (model) => drawnPairing(model, settlingIn));
  view(
    store,
    method,
    ({ till, link }) => ({ method: till?.paymentMethod, linked: link === "ready" }),
    (model) => drawnMethod(model, settlingIn),
  );
  view(store, devices, (state) => state.devices, drawnDevices);
}

type PairingModel = ReturnType<typeof pairingOf>;

function pairingOf({ till, pairing, pairingTrouble, link }: TillPageState) {
  return {
    terminal: till?.terminal,
    brand: till?.brand ?? "MobilePay",
    pairing,
    trouble: pairingTrouble,
    linked: link === "ready",
  };
}

function drawnPairing(model: PairingModel, settlingIn: SettlingIn) {
  const { terminal, trouble } = model;
  return [
    element("h2", {}, `This till at ${model.brand}`),
    ...(terminal ? registered(terminal, settlingIn) : register(model, settlingIn)),
    trouble &&
      element(
        "p",
        { class: "notice notice-warn", role: "alert" },
        [trouble.message, trouble.hint].filter(Boolean).join(" "),
      ),
  ];
}

function registered(terminal: Terminal, settlingIn: SettlingIn): HTMLElement[] {
  return [
    element(
      "p",
      { class: "paired" },
      icon("check"),
      element("span", {}, "Registered. Customers can scan the code on the counter."),
    ),
    element(
      "div",
      { class: "tag-row" },
      element("div", { class: "tag-qr" }, qrCode(terminal.tagContent, "The till's code")),
      element(
        "dl",
        { class: "facts" },
        fact("Terminal ID", terminal.terminalId),
        fact("Code", terminal.tagId),
        fact("Place", terminal.locationDescription),
      ),
    ),
    element(
      "div",
      { class: "button-row" },
      button("unpair", "Remove", () => void settlingIn.remove(), { class: "secondary" }),
    ),
  ];
}

function fact(word: string, value: string): HTMLElement {
  return element("div", {}, element("dt", {}, word), element("dd", {}, value));
}

function register({ pairing, linked }: PairingModel, settlingIn: SettlingIn): HTMLElement[] {
  const tag = field("tag", "ID of the code", pairing.step === "read" ? pairing.tag : "", "Or type its number");
  const place = field("place", "Where the till stands", "Counter 1", "For example: Counter 1");
  place.input.maxLength = 36;
  const submit = (event: Event) => {
    event.preventDefault();
    void settlingIn.register(tag.input.value.trim(), place.input.value.trim());
  };
  const listening = pairing.step === "listening";
  return [
    element("p", { class: "quiet" }, "Done once: scan the sticker that stands on the counter, then register it."),
    button(
      "listen",
      [icon("scanner"), listening ? "Listening… scan it now" : "Scan the sticker"],
      () => void (listening ? settlingIn.stopListening() : settlingIn.listen()),
      {
        class: listening ? "secondary listening" : pairing.step === "read" ? "secondary" : "primary",
        disabled: !linked,
        "aria-pressed": listening ? "true" : "false",
      },
    ),
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
            disabled: !linked || pairing.step === "working",
          },
          "Register",
        ),
        button("create", "Create a new code", () => void settlingIn.create(place.input.value.trim() || "Counter 1"), {
          class: "link",
          disabled: !linked || pairing.step === "working",
        }),
      ),
    ),
  ];
}

function field(
  name: string,
  label: string,
  value: string,
  placeholder: string,
): { row: HTMLElement; input: HTMLInputElement } {
  const input = element("input", {
    id: name,
    name,
    type: "text",
    value,
    placeholder,
    "data-key": name,
    required: true,
    autocomplete: "off",
  });
  return { row: element("div", { class: "field" }, element("label", { for: name }, label), input), input };
}

function drawnMethod(
  { method, linked }: { method: PaymentMethod | undefined; linked: boolean },
  settlingIn: SettlingIn,
) {
  if (!method) return [element("h2", {}, "Payment method"), element("p", { class: "quiet" }, "Waiting for the till…")];
  const name = field("display-name", "Name on the button", method.displayName, "MobilePay");
  const account = field("account", "Account in the books", method.account, "For example: 5820");
  account.input.required = false;
  const useInTill = tick("use-in-till", "Use in till", method.useInTill);
  const quickButton = tick("quick-button", "Quick button", method.quickButton);
  const submit = (event: Event) => {
    event.preventDefault();
    void settlingIn.saveMethod({
      displayName: name.input.value.trim(),
      account: account.input.value.trim(),
      useInTill: useInTill.input.checked,
      quickButton: quickButton.input.checked,
    });
  };
  return [
    element("h2", {}, "Payment method"),
    element(
      "form",
      { class: "fields", onSubmit: submit },
      name.row,
      account.row,
      element("div", { class: "ticks" }, useInTill.row, quickButton.row),
      element(
        "div",
        { class: "button-row" },
        element("button", { type: "submit", class: "secondary", "data-key": "save-method", disabled: !linked }, "Save"),
      ),
    ),
  ];
}

function tick(name: string, label: string, checked: boolean): { row: HTMLElement; input: HTMLInputElement } {
  const input = element("input", { id: name, type: "checkbox", checked, "data-key": name });
  return { row: element("label", { class: "tick", for: name }, input, label), input };
}

function drawnDevices(devices: readonly DeviceView[]) {
  const words = {
    connecting: "connecting",
    ready: "ready",
    lost: "lost; waiting for it to come back",
    failed: "failed",
  };
  return [
    element("h2", {}, "Devices"),
    element(
      "ul",
      { class: "devices" },
      devices.map(({ name, kind, state }) =>
        element(
          "li",
          {},
          element("span", { class: `lamp lamp-${state}` }),
          element("span", {}, name || kind),
          element("span", { class: "quiet" }, words[state]),
        ),
      ),
    ),
    devices.length === 0 && element("p", { class: "quiet" }, "None known yet."),
  ];
}
