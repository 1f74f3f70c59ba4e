import { kroner } from "../amount.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import { goodOf } from "../goods.ts";
import type { KeptSale } from "../memory.ts";
import type { Recovering } from "../recovering.ts";
import type { TillPageState, TillPageStore } from "../state.ts";
import { isFinalState } from "../../../../protocol/payment-stage.ts";
import type { Decision, PaymentView, RecoveryItem } from "../../../../protocol/values.ts";
import { view } from "./view.ts";

/** What the power took: each payment without a receipt, what is known of it, and what a person can decide. */
export function showRecovery(place: HTMLElement, store: TillPageStore, recovering: Recovering): void {
  view(store, place, modelOf, (model) => [
    ...model.cases.map((one) => card(one, model, recovering)),
    model.trouble &&
      element(
        "p",
        { class: "notice notice-warn" },
        [model.trouble.message, model.trouble.hint].filter(Boolean).join(" "),
      ),
  ]);
}

/** One payment: what the page kept of the sale, and what the daemon says about it. */
interface Case {
  readonly paymentId: string;
  readonly sale?: KeptSale | undefined;
  readonly item?: RecoveryItem | undefined;
  readonly payment?: PaymentView | undefined;
}

type Model = ReturnType<typeof modelOf>;

function modelOf({ recovery, interrupted, payments, sale, link, power, recoveryTrouble }: TillPageState) {
  const open = Object.values(recovery).filter(({ resolved }) => !resolved);
  const ids = new Set([...interrupted, ...open].map(({ paymentId }) => paymentId));
  if (sale) ids.delete(sale.paymentId);
  const cases = [...ids].map((paymentId): Case => {
    const item = recovery[paymentId];
    const kept = interrupted.find((one) => one.paymentId === paymentId);
    return { paymentId, sale: kept, item, payment: payments[paymentId] ?? item?.payment };
  });
  return {
    cases: power === "on" ? cases : [],
    linked: link === "ready",
    busy: sale !== undefined,
    trouble: recoveryTrouble,
  };
}

interface Told {
  readonly tone: "ask" | "wait" | "done";
  readonly title: string;
  readonly text: string;
  readonly buttons: readonly (HTMLElement | false | undefined)[];
}

function card(one: Case, model: Model, recovering: Recovering): HTMLElement {
  const told = tell(one, model, recovering);
  const ore = one.payment?.amount.value ?? one.sale?.totalOre ?? 0;
  return element(
    "section",
    { class: `recovery-card recovery-${told.tone}`, "aria-label": told.title },
    element(
      "div",
      { class: "recovery-icon" },
      icon(told.tone === "ask" ? "bolt" : told.tone === "done" ? "check" : "clock"),
    ),
    element(
      "div",
      { class: "recovery-words" },
      element("h2", {}, told.title),
      element("p", {}, told.text),
      one.sale && element("p", { class: "quiet" }, goodsOf(one.sale)),
    ),
    element("div", { class: "recovery-amount number" }, kroner(ore)),
    element("div", { class: "recovery-buttons" }, told.buttons),
  );
}

function goodsOf({ lines }: KeptSale): string {
  return lines.map(({ ean, quantity }) => `${quantity} × ${goodOf(ean)?.name ?? ean}`).join(", ");
}

function tell(one: Case, model: Model, recovering: Recovering): Told {
  const { payment, item, sale, paymentId } = one;
  if (payment && isFinalState(payment.state)) return ended(one, payment, model, recovering);
  if (item?.decision === "settled") return settled(paymentId, recovering);
  if (item && item.choices.length > 0 && item.decision === "refund") return ask(item, one, model, recovering);
  if (payment?.state === "refunding" || item?.decision === "refund") {
    return {
      tone: "wait",
      title: "Giving the money back",
      text: "The platform has been asked. This goes on by itself, even if the power goes again.",
      buttons: [],
    };
  }
  if (item?.decision === "reRing" && item.situation !== "captureFailing") {
    const again = () => void (sale?.rungUpAgain ? recovering.goOn(sale) : recovering.ringUpAgain(item));
    return {
      tone: "ask",
      title: "Being rung up again",
      text: "It was decided to use this payment for the sale rung up again. Its receipt is still to be made.",
      buttons: [
        button(`again-${paymentId}`, "Go on", again, { class: "primary", disabled: !model.linked || model.busy }),
      ],
    };
  }
  return item && item.choices.length > 0 ? ask(item, one, model, recovering) : lookUp(one, model, recovering);
}

function ended({ sale, paymentId }: Case, payment: PaymentView, model: Model, recovering: Recovering): Told {
  const close = closeButton(paymentId, recovering);
  if (payment.decision === "settled") return settled(paymentId, recovering);
  if (payment.state === "completed") {
    return {
      tone: "done",
      title: "The sale was finished",
      text: "The receipt had been made before the power went.",
      buttons: [close],
    };
  }
  if (payment.state === "refunded") {
    return { tone: "done", title: "Given back", text: "The customer has the money back.", buttons: [close] };
  }
  return {
    tone: "done",
    title: "Nothing was paid",
    text: "The sale was interrupted, and the request has been withdrawn.",
    buttons: [
      sale &&
        button(`back-${paymentId}`, "Ring the goods up", () => recovering.putBack(sale), {
          class: "primary",
          disabled: model.busy,
        }),
      close,
    ],
  };
}

function settled(paymentId: string, recovering: Recovering): Told {
  return {
    tone: "done",
    title: "Settled",
    text: "A person has taken care of it outside the till.",
    buttons: [closeButton(paymentId, recovering)],
  };
}

function closeButton(paymentId: string, recovering: Recovering): HTMLElement {
  return button(`dismiss-${paymentId}`, "Close", () => recovering.dismiss(paymentId), { class: "secondary" });
}

/** The daemon knows what happened, and a person decides. */
function ask(item: RecoveryItem, one: Case, model: Model, recovering: Recovering): Told {
  const { payment, recommended } = item;
  const [title, text] = item.decision === "refund" ? notGivenBack : situationWords[item.situation];
  const first = item.choices.filter((choice) => choice === recommended);
  const choices = [...first, ...item.choices.filter((choice) => choice !== recommended)];
  return {
    tone: "ask",
    title,
    text,
    buttons: [
      ...choices.map((choice, index) => offer(choice, index === 0 ? "primary" : "secondary", item, model, recovering)),
      payment.state !== "needsDecision" && goOn(one, model, recovering),
    ],
  };
}

const notGivenBack = [
  "Not given back yet",
  "The platform has not confirmed that the customer has the money back. The till goes on trying.",
] as const;

const situationWords: Record<RecoveryItem["situation"], readonly [string, string]> = {
  paidWithoutReceipt: [
    "Paid, but no receipt",
    "The customer has paid, but there is no receipt. Give the money back, or ring the sale up again on this payment.",
  ],
  approvedNotCaptured: [
    "Approved, but not finished",
    "The customer approved while the sale was interrupted, and the money is reserved. Give it back, or ring the sale up again on this payment.",
  ],
  checking: ["Looking up the last payment", "The platform has not said yet what became of it."],
  captureFailing: [
    "Approved, but the money is not taken",
    "The customer approved, and the platform has not let the till take the money. Nothing was taken.",
  ],
  receiptWithoutMoney: [
    "Receipt, but no money",
    "A receipt was made, and the platform has not given the money. Settle it with the customer.",
  ],
  changedElsewhere: [
    "Changed outside this till",
    "Part of the money was captured, cancelled or refunded in the portal or at another till.",
  ],
  amountDiffers: [
    "The platform has another amount",
    "The platform has another amount or currency for this sale. Look it up in its portal.",
  ],
  unreadable: [
    "Cannot be read here",
    "This till cannot read what it stored about this payment. Look it up in the platform's portal.",
  ],
};

function offer(
  decision: Decision,
  look: "primary" | "secondary",
  item: RecoveryItem,
  { linked, busy }: Model,
  recovering: Recovering,
): HTMLElement {
  const { paymentId } = item;
  const [name, act] = {
    reRing: ["Ring up again", () => recovering.ringUpAgain(item)] as const,
    refund: ["Refund", () => recovering.refund(paymentId)] as const,
    settled: ["Settled outside the till", () => recovering.settle(paymentId)] as const,
  }[decision];
  const id = `${decision.toLowerCase()}-${paymentId}`;
  if (decision === item.decision || (decision === "reRing" && item.payment.state === "capturing")) {
    const goOnTrying = () => void recovering.goOnTrying(paymentId, decision);
    return button(id, "Go on trying", goOnTrying, { class: look, disabled: !linked });
  }
  const disabled = !linked || (decision === "reRing" && busy);
  return button(id, name, () => void act(), {
    class: look,
    disabled,
  });
}

function lookUp(one: Case, model: Model, recovering: Recovering): Told {
  return {
    tone: "wait",
    title: model.linked ? "Looking up the last payment" : "Waiting for the till",
    text: "The power went in the middle of a sale. If the customer is still here, go on with it; otherwise the till finds out what was paid and asks you what to do.",
    buttons: [goOn(one, model, recovering)],
  };
}

/** Only while nobody has given the sale up. */
function goOn({ sale, paymentId }: Case, { linked, busy }: Model, recovering: Recovering): HTMLElement | false {
  if (!sale) return false;
  return button(`go-on-${paymentId}`, "Go on with the sale", () => void recovering.goOn(sale), {
    class: "secondary",
    disabled: !linked || busy,
  });
}
