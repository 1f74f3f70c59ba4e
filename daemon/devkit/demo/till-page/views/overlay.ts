import { kroner } from "../amount.ts";
import { arrowKeysMoveFocus } from "../arrow-keys.ts";
import { total } from "../basket.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import type { Paying } from "../paying.ts";
import type { TillPageState, TillPageStore } from "../state.ts";
import { showPayment } from "./payment.ts";
import { view } from "./view.ts";
import { ways } from "../words.ts";

/** What lies over the till: the payment methods, the four ways to find the customer, and the payment. */
export function showOverlay(place: HTMLElement, store: TillPageStore, paying: Paying, customer: DemoCustomer): void {
  view(store, place, modelOf, (model) => [drawn(model, paying, customer)]);
  arrowKeysMoveFocus(place);
  store.watch(() => keepFocus(place, store.state));
}

/** The customer that the demo plays. */
export interface DemoCustomer {
  readonly phoneNumber: string;
  /** The scanner reads the code on the customer's phone. */
  readonly scan: () => void;
}

type Model = ReturnType<typeof modelOf>;

function modelOf({ overlay, basket, sale, payments, till, saleTrouble, link, power }: TillPageState) {
  return {
    overlay: power === "on" ? overlay : "none",
    totalOre: total(basket),
    brand: till?.brand ?? "MobilePay",
    method: till?.paymentMethod,
    sale,
    payment: sale && payments[sale.paymentId],
    trouble: saleTrouble,
    linked: link === "ready",
  };
}

function drawn(model: Model, paying: Paying, customer: DemoCustomer): HTMLElement | false {
  switch (model.overlay) {
    case "none":
      return false;
    case "methods":
      return methods(model, paying);
    case "ways":
      return wayList(model, paying, customer);
    case "payment":
      return model.sale ? showPayment(model, model.sale, paying, customer.scan) : false;
  }
}

function methods(model: Model, paying: Paying): HTMLElement {
  const { method } = model;
  return dialog(
    "How is it paid?",
    model.totalOre,
    element(
      "div",
      { class: "choices" },
      method?.useInTill &&
        button(
          "method-mobilepay",
          choice("phone", method.displayName, "The whole amount, from the phone."),
          () => paying.chooseWay(),
          {
            class: "choice",
            "data-autofocus": true,
          },
        ),
      button("method-cash", choice("coins", "Cash", "Not part of this demo."), () => {}, {
        class: "choice",
        disabled: true,
      }),
      button("method-card", choice("card", "Card", "Not part of this demo."), () => {}, {
        class: "choice",
        disabled: true,
      }),
    ),
    paying,
  );
}

function wayList(model: Model, paying: Paying, customer: DemoCustomer): HTMLElement {
  const number = element("input", {
    id: "phone-number",
    class: "phone-number",
    inputmode: "tel",
    autocomplete: "off",
    placeholder: inPairs(customer.phoneNumber),
    "aria-label": "The customer's phone number",
    "data-key": "phone-number",
    type: "text",
  });
  const byPhone = (event: Event) => {
    event.preventDefault();
    const digits = msisdn(number.value);
    if (digits === undefined)
      return (number.setCustomValidity("Eight digits, or a number with country code."), void number.reportValidity());
    void paying.pay({ by: "phone", phoneNumber: digits });
  };
  number.addEventListener("input", () => number.setCustomValidity(""));
  const tiles = ways.map((way, index) =>
    button(`way-${way.by}`, choice(way.icon, way.title, way.text), () => void paying.pay({ by: way.by }), {
      class: "choice",
      ...(index === 0 && { "data-autofocus": true }),
    }),
  );
  const form = element(
    "form",
    { class: "choice choice-form", onSubmit: byPhone },
    choice("phone", "Phone number", "You type the customer's number."),
    element("div", { class: "phone-row" }, number, element("button", { type: "submit", class: "primary" }, "Ask")),
  );
  return dialog(
    `Pay with ${model.method?.displayName ?? model.brand}`,
    model.totalOre,
    element("div", { class: "choices" }, tiles, form),
    paying,
  );
}

function choice(picture: string, title: string, text: string): HTMLElement[] {
  return [
    element("span", { class: "choice-icon" }, icon(picture)),
    element("span", { class: "choice-words" }, element("strong", {}, title), element("span", {}, text)),
  ];
}

function dialog(title: string, ore: number, body: HTMLElement, paying: Paying): HTMLElement {
  return element(
    "div",
    { class: "sheet", role: "dialog", "aria-label": title },
    element(
      "div",
      { class: "sheet-head" },
      element("h2", {}, title),
      element("span", { class: "sheet-amount number" }, kroner(ore)),
    ),
    body,
    element(
      "div",
      { class: "sheet-foot" },
      button("back", "Back", () => paying.close(), { class: "secondary" }),
    ),
  );
}

/** Eight digits are a Danish number; anything longer has its country code. */
function msisdn(text: string): string | undefined {
  const digits = text.replace(/[\s-]/g, "").replace(/^\+/, "");
  if (/^\d{8}$/.test(digits)) return `45${digits}`;
  const international = digits.replace(/^00/, "");
  return /^\d{9,15}$/.test(international) ? international : undefined;
}

/** 4500000001 as people write it here: 00 00 00 01. */
function inPairs(phoneNumber: string): string {
  return (phoneNumber.slice(-8).match(/../g) ?? []).join(" ");
}

/** The focus goes to what comes next when a sheet opens, takes a step or closes: it never gets lost behind it. */
function keepFocus(place: HTMLElement, { overlay }: TillPageState): void {
  const sheet = place.querySelector(".sheet");
  const step = sheet ? `${overlay} ${sheet.getAttribute("data-step") ?? ""}` : "none";
  if (place.dataset["step"] === step) return;
  place.dataset["step"] = step;
  const next = sheet?.querySelector<HTMLElement>("[data-autofocus]") ?? behind();
  if (sheet || document.activeElement === document.body) next?.focus();
}

/** What a cashier does after a sheet has closed: pays in another way, or goes on to the next sale. */
function behind(): HTMLElement | undefined {
  const keys = ["next-sale", "print-again", "pay", "methods"];
  const buttons = keys.map((key) => document.querySelector<HTMLButtonElement>(`[data-key="${key}"]:not(:disabled)`));
  return buttons.find((button) => button?.checkVisibility()) ?? undefined;
}
