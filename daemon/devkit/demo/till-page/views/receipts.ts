import { kroner, kronerInput, oreTyped } from "../amount.ts";
import { arrowKeysMoveFocus } from "../arrow-keys.ts";
import { lineTotal, vatOf } from "../basket.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import { goodOf } from "../goods.ts";
import type { Memory, Sold } from "../memory.ts";
import type { Refunding } from "../refunding.ts";
import type { TillPageState, TillPageStore } from "../state.ts";
import type { PaymentView, RefundView } from "../../../../protocol/values.ts";
import { view } from "./view.ts";

/** The receipts of this till: a list, the chosen one as paper, and giving money back for it. */
export function showReceipts(place: HTMLElement, store: TillPageStore, memory: Memory, refunding: Refunding): void {
  view(
    store,
    place,
    (state) => modelOf(state, memory),
    (model) => drawn(model, store, refunding),
  );
  arrowKeysMoveFocus(place);
}

type Model = ReturnType<typeof modelOf>;

function modelOf({ receiptNumber, payments, refunds, refundTrouble, till, link }: TillPageState, memory: Memory) {
  const { sold } = memory.kept;
  const chosen = sold.find((one) => one.receiptNumber === receiptNumber) ?? sold[0];
  return {
    sold,
    chosen,
    payment: chosen && payments[chosen.paymentId],
    refundsOf: Object.values(refunds).filter((refund) => refund.paymentId === chosen?.paymentId),
    states: sold.map(({ paymentId }) => payments[paymentId]?.refunded ?? 0),
    trouble: refundTrouble,
    tillName: till?.name ?? "",
    linked: link === "ready",
  };
}

function drawn(model: Model, store: TillPageStore, refunding: Refunding): HTMLElement[] {
  const { sold, chosen } = model;
  if (!chosen) {
    return [
      element(
        "div",
        { class: "nothing-here" },
        icon("receipt"),
        element("p", {}, "No receipts yet."),
        element("p", { class: "quiet" }, "A receipt is made when a sale has been paid."),
      ),
    ];
  }
  return [
    element(
      "div",
      { class: "receipt-side" },
      element(
        "nav",
        { class: "receipt-list", "aria-label": "Receipts" },
        sold.map((one, index) => entry(one, one === chosen, model.states[index] ?? 0, () => choose(store, one))),
      ),
      giveBack(model, refunding),
    ),
    element(
      "div",
      { class: "receipt-desk" },
      paper(model, chosen),
      button("next-sale", "Next sale", () => store.change({ screen: "sale" }), { class: "secondary next-sale" }),
    ),
  ];
}

function choose(store: TillPageStore, { receiptNumber }: Sold): void {
  store.change({ receiptNumber, refundTrouble: undefined });
}

function entry(
  { receiptNumber, totalOre, at }: Sold,
  chosen: boolean,
  refunded: number,
  choose: () => void,
): HTMLElement {
  const time = new Date(at).toLocaleTimeString("da-DK", { hour: "2-digit", minute: "2-digit" });
  return button(
    `receipt-${receiptNumber}`,
    [
      element("strong", {}, `No. ${receiptNumber}`),
      element("span", { class: "number" }, kroner(totalOre)),
      element("span", { class: "quiet" }, time),
      element("span", { class: "quiet" }, refunded === 0 ? "" : refunded < totalOre ? "partly refunded" : "refunded"),
    ],
    choose,
    { class: "receipt-entry", "aria-pressed": chosen ? "true" : "false" },
  );
}

function paper({ payment, refundsOf, tillName }: Model, sold: Sold): HTMLElement {
  return element(
    "article",
    { class: "paper", "aria-label": `Receipt ${sold.receiptNumber}` },
    element("header", {}, element("strong", {}, "Demo shop"), element("span", {}, tillName)),
    element(
      "p",
      { class: "paper-meta" },
      `Receipt ${sold.receiptNumber} · ${new Date(sold.at).toLocaleString("da-DK", { dateStyle: "medium", timeStyle: "short" })}`,
    ),
    element(
      "dl",
      { class: "paper-lines" },
      sold.lines.flatMap((line) =>
        pair(`${line.quantity} × ${goodOf(line.ean)?.name ?? line.ean}`, kroner(lineTotal(line))),
      ),
    ),
    element("dl", { class: "paper-sum" }, pair("Total", kroner(sold.totalOre))),
    element(
      "dl",
      { class: "paper-lines" },
      pair("of which VAT 25 %", kroner(vatOf(sold.totalOre))),
      pair("Paid with MobilePay", kroner(sold.totalOre)),
    ),
    refundsOf.length > 0 && element("dl", { class: "paper-lines paper-refunds" }, refundsOf.flatMap(refundPair)),
    payment && element("p", { class: "paper-meta" }, `Reference ${payment.reference}`),
  );
}

function refundPair({ amount, state }: RefundView): HTMLElement[] {
  const words = { refunding: "Refund under way", refunded: "Refunded", failed: "Refund refused" }[state];
  return pair(words, state === "failed" ? "–" : `−${kroner(amount.value)}`);
}

function pair(word: string, amount: string): HTMLElement[] {
  return [element("dt", {}, word), element("dd", { class: "number" }, amount)];
}

function giveBack({ payment, refundsOf, trouble, linked }: Model, refunding: Refunding): HTMLElement {
  const underWay = refundsOf
    .filter(({ state }) => state === "refunding")
    .reduce((sum, { amount }) => sum + amount.value, 0);
  const left = payment ? payment.captured - payment.refunded - underWay : 0;
  return element(
    "section",
    { class: "give-back", "aria-label": "Refund" },
    element("h2", {}, "Refund"),
    ...(payment && left > 0
      ? refundForm(payment, left, linked, refunding)
      : [element("p", { class: "quiet" }, payment ? "Nothing is left to refund." : "Looking the payment up…")]),
    underWay > 0 && element("p", { class: "notice" }, `${kroner(underWay)} is on its way back.`),
    payment &&
      payment.refunded > 0 &&
      element("p", { class: "notice notice-good" }, `${kroner(payment.refunded)} given back.`),
    trouble && element("p", { class: "notice notice-warn" }, [trouble.message, trouble.hint].filter(Boolean).join(" ")),
  );
}

function refundForm(payment: PaymentView, left: number, linked: boolean, refunding: Refunding): HTMLElement[] {
  const amount = element("input", {
    id: "refund-amount",
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    value: kronerInput(left),
    "data-key": "refund-amount",
    class: "number",
  });
  amount.addEventListener("input", () => amount.setCustomValidity(""));
  const submit = (event: Event) => {
    event.preventDefault();
    const ore = oreTyped(amount.value);
    if (ore === undefined || ore > left) {
      amount.setCustomValidity(`An amount up to ${kroner(left)}`);
      amount.reportValidity();
    } else void refunding.refund(payment, ore);
  };
  return [
    element("p", { class: "quiet" }, `${kroner(left)} can be refunded, whole or in parts.`),
    element(
      "form",
      { class: "refund-form", onSubmit: submit },
      element("label", { for: "refund-amount" }, "Amount"),
      element("div", { class: "amount-row" }, amount, element("span", {}, "kr.")),
      element("button", { type: "submit", class: "primary", "data-key": "refund", disabled: !linked }, "Refund"),
    ),
  ];
}
