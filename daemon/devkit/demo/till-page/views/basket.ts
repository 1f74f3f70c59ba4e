import { kroner } from "../amount.ts";
import { type Line, lineTotal, total, vatOf } from "../basket.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import { goodOf } from "../goods.ts";
import type { Paying } from "../paying.ts";
import type { RingingUp } from "../ringing-up.ts";
import type { TillPageState, TillPageStore } from "../state.ts";
import { view } from "./view.ts";

/** The goods rung up, the total, and how it is paid. */
export function showBasket(place: HTMLElement, store: TillPageStore, ringingUp: RingingUp, paying: Paying): void {
  view(store, place, modelOf, (model) => [
    element("h2", { class: "column-title" }, model.paidAlready ? "Ringing up again" : "This sale"),
    lines(model.lines, ringingUp),
    model.notice !== undefined && element("p", { class: "notice" }, model.notice),
    sum(model),
    model.paidAlready
      ? finish(model, model.paidAlready, paying)
      : payment(model, ringingUp, paying, () => store.change({ screen: "settings" })),
  ]);
}

type Model = ReturnType<typeof modelOf>;

function modelOf({ basket, till, sale, payments, notice, link, saleTrouble, overlay }: TillPageState) {
  const paid = sale?.rungUpAgain ? payments[sale.paymentId] : undefined;
  return {
    lines: basket,
    totalOre: total(basket),
    notice,
    linked: link === "ready",
    method: till?.paymentMethod,
    brand: till?.brand ?? "MobilePay",
    paired: till?.paired ?? true,
    trouble: overlay === "payment" ? undefined : saleTrouble,
    paidAlready: paid && { ore: paid.amount.value, taken: paid.state === "paid" },
  };
}

function lines(basket: readonly Line[], ringingUp: RingingUp): HTMLElement {
  if (basket.length === 0) {
    return element(
      "div",
      { class: "lines lines-empty" },
      element("p", {}, "Nothing rung up yet."),
      element("p", { class: "quiet" }, "Press goods, or scan their barcode."),
    );
  }
  return element(
    "ul",
    { class: "lines", "aria-label": "Goods in this sale" },
    basket.map((line) => row(line, ringingUp)),
  );
}

function row(line: Line, ringingUp: RingingUp): HTMLElement {
  const name = goodOf(line.ean)?.name ?? line.ean;
  return element(
    "li",
    { class: "line" },
    element("span", { class: "line-name" }, name),
    element(
      "span",
      { class: "line-quantity" },
      button(`less-${line.ean}`, [icon("minus")], () => ringingUp.remove(line.ean), {
        "aria-label": `One less: ${name}`,
      }),
      element("span", { class: "number" }, String(line.quantity)),
      button(`more-${line.ean}`, [icon("plus")], () => ringingUp.add(line.ean), { "aria-label": `One more: ${name}` }),
    ),
    element("span", { class: "line-total number" }, kroner(lineTotal(line))),
  );
}

function sum({ totalOre }: Model): HTMLElement {
  return element(
    "div",
    { class: "sum" },
    element("span", { class: "sum-word" }, "Total"),
    element("span", { class: "sum-amount number", id: "total" }, kroner(totalOre)),
    element("span", { class: "sum-vat quiet" }, `VAT ${kroner(vatOf(totalOre))}`),
  );
}

function payment(model: Model, ringingUp: RingingUp, paying: Paying, openSettings: () => void): HTMLElement {
  const { method, linked, totalOre } = model;
  const disabled = totalOre === 0 || !linked;
  const quick = method?.useInTill && method.quickButton;
  return element(
    "div",
    { class: "pay" },
    setUpFirst(model, openSettings),
    quick &&
      button("pay", [icon("phone"), element("span", {}, method.displayName)], () => paying.chooseWay(), {
        class: "primary large",
        disabled,
      }),
    element(
      "div",
      { class: "pay-row" },
      button("methods", quick ? "Other" : "Pay", () => paying.choose(), {
        class: quick ? "secondary" : "primary large",
        disabled,
      }),
      quick && button("empty", "Clear", () => ringingUp.empty(), { class: "secondary", disabled: totalOre === 0 }),
    ),
  );
}

/** A new till can sell, but not yet be paid with MobilePay. */
function setUpFirst({ paired, method, brand }: Model, openSettings: () => void): HTMLElement | false {
  if (paired && method?.useInTill !== false) return false;
  const words = paired ? `${brand} is not used in this till yet.` : "This till is not paired yet.";
  return element(
    "p",
    { class: "notice notice-warn" },
    `${words} `,
    button("set-up", "Open settings", openSettings, { class: "link" }),
  );
}

/** The customer has paid before the power went: the goods must come to exactly that amount. */
function finish({ totalOre, trouble }: Model, paid: { ore: number; taken: boolean }, paying: Paying): HTMLElement {
  const left = paid.ore - totalOre;
  return element(
    "div",
    { class: "pay" },
    element(
      "div",
      { class: "paid-already" },
      icon("check"),
      element("span", {}, paid.taken ? "Already paid" : "Taking the money…"),
      element("span", { class: "number" }, kroner(paid.ore)),
    ),
    left !== 0 &&
      element(
        "p",
        { class: "notice notice-warn" },
        left > 0 ? `Ring up ${kroner(left)} more.` : `${kroner(-left)} too much.`,
      ),
    trouble && element("p", { class: "notice notice-warn" }, [trouble.message, trouble.hint].filter(Boolean).join(" ")),
    button("print-again", [icon("receipt"), "Print the receipt"], () => void paying.printReceipt(), {
      class: "primary large",
      disabled: left !== 0 || !paid.taken,
    }),
  );
}
