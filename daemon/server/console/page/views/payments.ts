import { element } from "../../../pages/elements.ts";
import type { PaymentView } from "../../../../protocol/values.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import type { ConsoleWords } from "../words/en.ts";
import { section } from "./section.ts";

const shownMax = 8;

/** The payments of the till as they run, newest first. */
export function showPayments(place: HTMLElement, store: ConsoleStore, say: Say): void {
  section(
    store,
    place,
    ({ payments, door }) => ({
      isOpen: door === "open",
      payments: Object.values(payments)
        .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
        .slice(0, shownMax),
    }),
    ({ isOpen, payments }) =>
      isOpen
        ? [
            element("h2", {}, say("payments")),
            payments.length === 0
              ? element("p", { class: "quiet" }, say("paymentsNone"))
              : element(
                  "ul",
                  { class: "rows" },
                  payments.map((payment) => drawn(payment, say)),
                ),
          ]
        : [],
  );
}

function drawn(payment: PaymentView, say: Say): HTMLElement {
  const { saleId, amount, state, startedAt, contactLost } = payment;
  return element(
    "li",
    {},
    element(
      "span",
      { class: "row-main" },
      element("span", {}, say("sale", { id: saleId })),
      element("span", { class: "quiet" }, say.time(startedAt)),
    ),
    element("strong", { class: "number" }, say.money(amount)),
    element("span", { class: `state state-${tones[state]}` }, say(stateWords[state])),
    contactLost && element("span", { class: "state state-bad" }, say("contactLost")),
  );
}

type PaymentState = PaymentView["state"];

const stateWords: Readonly<Record<PaymentState, keyof ConsoleWords>> = {
  waitingForCustomer: "stateWaitingForCustomer",
  requesting: "stateRequesting",
  waitingForApproval: "stateWaitingForApproval",
  capturing: "stateCapturing",
  paid: "statePaid",
  completed: "stateCompleted",
  cancelling: "stateCancelling",
  cancelled: "stateCancelled",
  rejected: "stateRejected",
  expired: "stateExpired",
  failed: "stateFailed",
  needsDecision: "stateNeedsDecision",
  refunding: "stateRefunding",
  refunded: "stateRefunded",
};

const tones: Readonly<Record<PaymentState, "run" | "good" | "end" | "bad" | "warn">> = {
  waitingForCustomer: "run",
  requesting: "run",
  waitingForApproval: "run",
  capturing: "run",
  paid: "good",
  completed: "good",
  cancelling: "run",
  cancelled: "end",
  rejected: "end",
  expired: "end",
  failed: "bad",
  needsDecision: "warn",
  refunding: "run",
  refunded: "end",
};
