import type { CustomerShown, SimulatorState } from "../shown.ts";
import { button, element } from "../../../server/pages/elements.ts";
import { type ActInPortal, portal } from "./portal.ts";
import { type Asked, history, money, type Opened, type PhoneScreen } from "./screens.ts";

/** What a person can do on the phone. */
export interface Taps {
  open(opened: Opened): void;
  scan(content: string): void;
  answer(answer: "approve" | "refuse", reference: string): void;
  readonly inPortal: ActInPortal;
  isBusy(): boolean;
}

interface View {
  readonly state: SimulatorState;
  readonly customer: CustomerShown;
  readonly taps: Taps;
}

/** The elements of a screen. */
export function draw(screen: PhoneScreen, view: View): HTMLElement[] {
  switch (screen.name) {
    case "home":
      return home(view);
    case "tags":
      return choices("Which code do you scan?", tagChoices(view), view);
    case "codes":
      return choices("Which code do you scan?", codeChoices(view), view);
    case "myCode":
      return myCode(view);
    case "portal":
      return [...portal(view.state, view.taps.inPortal, view.taps.isBusy()), back(view.taps)];
    case "connected":
      return connected(screen.place, view);
    case "message":
      return message(screen, view);
    case "request":
      return request(screen, view);
    case "processing":
      return [
        element("h1", {}, "One moment"),
        element("p", { class: "lead" }, `The bank is looking at ${money(screen.payment.amount)}.`),
      ];
  }
}

function home(view: View): HTMLElement[] {
  const { taps, state } = view;
  const [tag, ...moreTags] = state.tags;
  const codes = openCodes(state);
  const scanTag = () => (tag && moreTags.length === 0 ? taps.scan(tag.qrContent) : taps.open({ name: "tags" }));
  return [
    element("h1", {}, "Pay in the shop"),
    element(
      "div",
      { class: "stack" },
      button("scan-tag", "Scan the code on the counter", scanTag, { class: "large", disabled: !tag }),
      codes.length > 0 &&
        button("scan-code", "Scan the code on the screen", () => scanScreen(view), { class: "large" }),
      button("my-code", "Show my code", () => taps.open({ name: "myCode" }), { class: "large second" }),
    ),
    !tag ? element("p", { class: "quiet" }, "No till has a code yet. Pair one first.") : element("p", { hidden: true }),
    past(view),
    button("portal", "The shop's portal", () => taps.open({ name: "portal" }), { class: "second" }),
  ];
}

function openCodes(state: SimulatorState) {
  return state.payments.flatMap(({ state, oneTimeCode, amount, customer }) =>
    state === "CREATED" && oneTimeCode !== undefined && customer === undefined
      ? [{ content: oneTimeCode, amount }]
      : [],
  );
}

function scanScreen({ state, taps }: View): void {
  const [code, ...more] = openCodes(state);
  if (code && more.length === 0) taps.scan(code.content);
  else taps.open({ name: "codes" });
}

function past({ state, customer }: View): HTMLElement {
  const lines = history(state, customer).map(({ amount, outcome }) =>
    element("li", {}, element("span", { class: "amount" }, amount), element("span", {}, outcome)),
  );
  const title = element("h2", {}, "Latest");
  return element("section", { class: "past", hidden: lines.length === 0 }, title, element("ul", {}, lines));
}

interface Choice {
  readonly content: string;
  readonly label: string;
}

function tagChoices({ state }: View): Choice[] {
  return state.tags.map(({ qrContent, locationDescription }) => ({ content: qrContent, label: locationDescription }));
}

function codeChoices({ state }: View): Choice[] {
  return openCodes(state).map(({ content, amount }) => ({ content, label: money(amount) }));
}

function choices(title: string, all: readonly Choice[], { taps }: View): HTMLElement[] {
  const scanners = all.map(({ content, label }) =>
    button(content, label, () => taps.scan(content), { class: "large" }),
  );
  return [element("h1", {}, title), element("div", { class: "stack" }, scanners, back(taps))];
}

function myCode({ customer, taps }: View): HTMLElement[] {
  const query = new URLSearchParams({ content: customer.personalQr, format: "SVG", size: "400" });
  const source = `/simulator/qr-image?${query.toString()}`;
  return [
    element("h1", {}, "My code"),
    element("p", { class: "lead" }, "The till scans this."),
    element("img", { class: "code", src: source, alt: "My code as a picture", width: 220, height: 220 }),
    element("p", { class: "text-of-code", "data-personal-qr": customer.personalQr }, customer.personalQr),
    element("div", { class: "stack" }, back(taps)),
  ];
}

function connected(place: string, { state, taps }: View): HTMLElement[] {
  return [
    element("p", { class: "mark good", "aria-hidden": "true" }, "✓"),
    element("h1", {}, "Connected"),
    element("p", { class: "lead" }, `${state.shop.name}, ${place}`),
    element("p", { class: "quiet" }, "The amount comes here when the till has sent it."),
    element(
      "div",
      { class: "stack" },
      button("leave", "Leave", () => taps.open({ name: "home" }), { class: "second" }),
    ),
  ];
}

function message({ tone, title, text }: Extract<Opened, { name: "message" }>, { taps }: View): HTMLElement[] {
  return [
    element("p", { class: `mark ${tone}`, "aria-hidden": "true" }, tone === "good" ? "✓" : "!"),
    element("h1", {}, title),
    element("p", { class: "lead" }, text),
    element(
      "div",
      { class: "stack" },
      button("done", "Done", () => taps.open({ name: "home" }), { class: "large" }),
    ),
  ];
}

function request({ payment, waiting }: Asked, { state, taps }: View): HTMLElement[] {
  const { reference, amount, description, declined } = payment;
  const disabled = taps.isBusy();
  return [
    element("p", { class: "shop" }, state.shop.name),
    element("h1", { class: "sum" }, money(amount)),
    element("p", { class: "lead" }, description ?? ""),
    element("p", { class: "declined", hidden: declined === undefined }, `${declined ?? ""}. You can try again.`),
    element(
      "div",
      { class: "stack bottom" },
      button("approve", "Approve", () => taps.answer("approve", reference), { class: "large", disabled }),
      button("refuse", "Refuse", () => taps.answer("refuse", reference), { class: "large second", disabled }),
    ),
    element("p", { class: "quiet", hidden: waiting === 0 }, `${waiting} more waiting`),
  ];
}

function back(taps: Taps): HTMLElement {
  return button("back", "Back", () => taps.open({ name: "home" }), { class: "second" });
}
