import { kroner } from "../amount.ts";
import { button, element, icon } from "../../../../server/pages/elements.ts";
import { stageOf } from "../../../../protocol/payment-stage.ts";
import type { PaymentState } from "../../../../protocol/values.ts";
import type { KeptSale } from "../memory.ts";
import { qrCode } from "../../../../server/pages/qr-code.ts";
import type { Paying } from "../paying.ts";
import type { TillPageState } from "../state.ts";
import { canCancel, endedUnpaid, milestones, milestonesReached, stepWords } from "../words.ts";

/** What the dialog shows of the till's state. */
interface PaymentModel {
  readonly payment: TillPageState["payments"][string] | undefined;
  readonly trouble: TillPageState["saleTrouble"];
  readonly method: NonNullable<TillPageState["till"]>["paymentMethod"] | undefined;
  readonly brand: string;
  readonly linked: boolean;
}

/** The calm dialog that follows a payment, step by step. */
export function showPayment(
  model: PaymentModel,
  sale: KeptSale,
  paying: Paying,
  scanCustomer: () => void,
): HTMLElement {
  const { payment, trouble } = model;
  const words = trouble
    ? { title: "It did not work", text: [trouble.message, trouble.hint].filter(Boolean).join(" ") }
    : stepWords(payment, sale.customer.by);
  const step: Step = trouble ? "trouble" : (payment?.state ?? "none");
  return element(
    "div",
    { class: `sheet payment tone-${toneOf(step)}`, role: "dialog", "aria-label": "Payment", "data-step": step },
    element(
      "div",
      { class: "sheet-head" },
      element("h2", {}, model.method?.displayName ?? model.brand),
      element("span", { class: "sheet-amount number" }, kroner(sale.totalOre)),
    ),
    element(
      "div",
      { class: "payment-body" },
      picture(model, sale, step),
      element("h3", { id: "payment-title", class: "payment-title" }, words.title),
      element("p", { id: "payment-text", class: "payment-text" }, words.text),
      awayNote(model),
      payment?.state === "waitingForCustomer" &&
        sale.customer.by === "customerQr" &&
        !trouble &&
        scanButton(scanCustomer),
    ),
    payment && toneOf(step) !== "ended" && progress(model, sale),
    element("div", { class: "sheet-foot" }, buttons(model, paying)),
  );
}

/** `trouble`: the sale could not be started. `none`: it is being written down. */
type Step = PaymentState | "trouble" | "none";
type Tone = "waiting" | "done" | "ended";

function toneOf(step: Step): Tone {
  if (step === "paid" || step === "completed") return "done";
  if (step === "none") return "waiting";
  return step === "trouble" || stageOf(step) === "unpaid" ? "ended" : "waiting";
}

function picture({ payment }: PaymentModel, { customer }: KeptSale, step: Step): HTMLElement {
  const content = step === "waitingForApproval" ? payment?.screenQr?.content : undefined;
  if (content !== undefined)
    return element("div", { class: "picture picture-qr" }, qrCode(content, "Code for the customer to scan"));
  return element("div", { class: "picture" }, icon(iconOf(step, customer.by)));
}

function iconOf(step: Step, by: KeptSale["customer"]["by"]): string {
  if (toneOf(step) === "done") return "check";
  if (toneOf(step) === "ended") return "cross";
  if (step === "waitingForCustomer") return by === "customerQr" ? "scanner" : "sticker";
  return step === "capturing" ? "coins" : "phone";
}

/** What to know when somebody does not answer: the platform, or the daemon. */
function awayNote({ linked, payment }: PaymentModel): HTMLElement | false {
  const text = !linked
    ? "The till's program does not answer. The sale is taken up again when it is back."
    : payment?.contactLost
      ? "The platform does not answer. The till keeps asking; the money is never taken twice."
      : undefined;
  return text !== undefined && element("p", { class: "notice notice-warn" }, text);
}

function scanButton(scanCustomer: () => void): HTMLElement {
  return button("scan-customer", [icon("scanner"), "Let the scanner read the customer's phone"], scanCustomer, {
    class: "play",
    "data-autofocus": true,
  });
}

function progress({ payment }: PaymentModel, { customer }: KeptSale): HTMLElement | false {
  if (!payment) return false;
  const reached = milestonesReached(payment);
  return element(
    "ol",
    { class: "milestones" },
    milestones(customer.by).map((name, index) =>
      element(
        "li",
        {
          class: index < reached ? "reached" : index === reached ? "next" : "later",
          ...(index === reached && { "aria-current": "step" }),
        },
        element("span", { class: "dot" }, index < reached && icon("check")),
        element("span", {}, name),
      ),
    ),
  );
}

function buttons({ payment, trouble }: PaymentModel, paying: Paying): (HTMLElement | false)[] {
  if (trouble) {
    return [
      trouble.again &&
        button("again", "Try again", () => void paying.sendAgain(), { class: "primary", "data-autofocus": true }),
      button("close", "Back to the sale", () => (trouble.again ? void paying.cancel() : paying.close()), {
        class: "secondary",
        "data-autofocus": !trouble.again,
      }),
    ];
  }
  if (payment?.state === "paid") {
    return [
      button("print", [icon("receipt"), "Print the receipt"], () => void paying.printReceipt(), {
        class: "primary large",
        "data-autofocus": true,
      }),
    ];
  }
  if (payment && endedUnpaid(payment)) {
    return [
      button("retry", "Try again", () => paying.chooseWay(), { class: "primary", "data-autofocus": true }),
      button("close", "Back to the sale", () => paying.close(), { class: "secondary" }),
    ];
  }
  return [
    canCancel(payment) &&
      button("cancel", "Cancel the payment", () => void paying.cancel(), {
        class: "secondary",
        "data-autofocus": true,
      }),
  ];
}
