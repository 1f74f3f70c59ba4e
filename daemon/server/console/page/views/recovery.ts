import { button, element, icon } from "../../../pages/elements.ts";
import type { Decision, RecoveryItem } from "../../../../protocol/values.ts";
import type { Desk } from "../desk.ts";
import type { Say } from "../say.ts";
import type { ConsoleStore } from "../state.ts";
import { notice, section } from "./section.ts";

/** Payments that a power cut left behind: what is known of each, and two large buttons. */
export function showRecovery(place: HTMLElement, store: ConsoleStore, say: Say, desk: Desk): void {
  section(
    store,
    place,
    ({ recovery, deciding, trouble, door, answers }) => ({
      items: door === "open" ? Object.values(recovery) : [],
      deciding,
      trouble: trouble?.where === "recovery" ? trouble.what : undefined,
      answers,
    }),
    ({ items, deciding, trouble, answers }) =>
      items.length === 0
        ? []
        : [
            element("h2", {}, say("recovery")),
            trouble && notice(say.trouble(trouble)),
            ...items.map((item) => drawn(item, !answers || deciding.includes(item.paymentId), say, desk)),
          ],
  );
}

function drawn(item: RecoveryItem, isBusy: boolean, say: Say, desk: Desk): HTMLElement {
  const { payment, paymentId } = item;
  const told = toldOf(item, say);
  const titleId = `case-${paymentId}`;
  return element(
    "article",
    { class: `case case-${told.tone}`, "aria-labelledby": titleId },
    element(
      "header",
      { class: "case-head" },
      element(
        "span",
        { class: "case-icon" },
        icon(told.tone === "done" ? "check" : told.tone === "wait" ? "clock" : "bolt"),
      ),
      element("h3", { id: titleId }, told.title),
      element("strong", { class: "case-amount number" }, say.money(payment.amount)),
    ),
    element("p", { class: "case-text" }, told.text),
    told.tone !== "done" && payment.failure && element("p", {}, payment.failure.message),
    told.tone !== "done" && payment.contactLost && element("p", {}, say("contactLost")),
    element(
      "p",
      { class: "quiet" },
      `${say("sale", { id: payment.saleId })} · ${say.date(payment.startedAt)} ${say.time(payment.startedAt)}`,
    ),
    item.choices.length > 0 &&
      element(
        "div",
        { class: "choices" },
        inOrder(item).map((choice) => offer(choice, item, isBusy, say, desk)),
      ),
    told.tone === "done" &&
      element(
        "div",
        { class: "button-row" },
        button(`dismiss-${paymentId}`, say("close"), () => desk.dismiss(paymentId), { class: "secondary" }),
      ),
  );
}

/** What is recommended comes first. */
function inOrder({ choices, recommended }: RecoveryItem): Decision[] {
  return choices.toSorted((one, other) => Number(other === recommended) - Number(one === recommended));
}

function offer(decision: Decision, item: RecoveryItem, isBusy: boolean, say: Say, desk: Desk): HTMLElement {
  const { paymentId, recommended } = item;
  const isRecommended = decision === recommended;
  const words = goesOn(decision, item)
    ? { name: say("goOn"), text: say("goOnText"), why: item.payment.receiptNumber && say("whyGoOn") }
    : wordsOf(decision, item, say);
  const aboutId = `about-${decision}-${paymentId}`;
  return element(
    "div",
    { class: isRecommended ? "choice choice-recommended" : "choice" },
    button(`${decision}-${paymentId}`, words.name, () => void desk.decide(paymentId, decision), {
      class: `${isRecommended ? "primary" : "secondary"} decision`,
      disabled: isBusy,
      "aria-describedby": aboutId,
    }),
    element(
      "div",
      { id: aboutId, class: "choice-about" },
      element("p", {}, words.text),
      isRecommended &&
        element("p", { class: "why" }, element("strong", {}, say("recommended")), words.why && ` ${words.why}`),
    ),
  );
}

/** What was decided already, or is being tried, is tried again. */
function goesOn(decision: Decision, item: RecoveryItem): boolean {
  return decision === item.decision || (decision === "reRing" && item.payment.state === "capturing");
}

function wordsOf(
  decision: Decision,
  { payment }: RecoveryItem,
  say: Say,
): { name: string; text: string; why: string | undefined } {
  switch (decision) {
    case "refund":
      return { name: say("refund"), text: say("refundText"), why: payment.captured > 0 ? undefined : say("whyRefund") };
    case "reRing":
      return { name: say("reRing"), text: say("reRingText"), why: say("whyReRing") };
    case "settled":
      return { name: say("settled"), text: say("settledText"), why: say("whySettled") };
  }
}

interface Told {
  readonly tone: "ask" | "wait" | "done";
  readonly title: string;
  readonly text: string;
}

function toldOf(item: RecoveryItem, say: Say): Told {
  const { payment, situation, decision, resolved, choices } = item;
  const amount = say.money(payment.amount);
  if (payment.state === "refunded" || (decision === "refund" && resolved))
    return { tone: "done", title: say("refundedTitle"), text: say("refundedText", { amount }) };
  if (resolved) return { tone: "done", title: say("doneTitle"), text: say("doneText") };
  if (decision === "refund" && choices.length > 0)
    return { tone: "ask", title: say("stillRefundingTitle"), text: say("stillRefundingText", { amount }) };
  if (decision === "refund") return { tone: "wait", title: say("refundingTitle"), text: say("refundingText") };
  if (decision === "reRing" && situation !== "captureFailing")
    return { tone: "wait", title: say("reRingTitle"), text: say("reRingWaits", { amount }) };
  if (situation === "captureFailing" && payment.state === "needsDecision")
    return { tone: "ask", title: say("captureTitle"), text: say("captureRefusedText", { amount }) };
  const [title, text] = situationWords[choices.length === 0 ? "checking" : situation];
  return { tone: choices.length === 0 ? "wait" : "ask", title: say(title), text: say(text, { amount }) };
}

const situationWords = {
  paidWithoutReceipt: ["paidTitle", "paidText"],
  approvedNotCaptured: ["approvedTitle", "approvedText"],
  checking: ["checkingTitle", "checkingText"],
  captureFailing: ["captureTitle", "captureText"],
  receiptWithoutMoney: ["noMoneyTitle", "noMoneyText"],
  changedElsewhere: ["elsewhereTitle", "elsewhereText"],
  amountDiffers: ["amountTitle", "amountText"],
  unreadable: ["unreadableTitle", "unreadableText"],
} as const;
