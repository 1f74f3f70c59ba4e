import type { PaymentShown, SimulatorState } from "../shown.ts";
import { button, element } from "../../../server/pages/elements.ts";
import { money } from "./screens.ts";

/** What somebody in the shop's portal can do. `amountMinor`: a part. */
export type ActInPortal = (does: "capture" | "cancel" | "refund", reference: string, amountMinor?: number) => void;

const paymentsShown = 5;

/** The shop's portal, where others capture, cancel and refund: the latest approved payments, each with what can be done with it. */
export function portal(state: SimulatorState, act: ActInPortal, isBusy: boolean): HTMLElement[] {
  const newestFirst = state.payments
    .filter(({ authorized }) => authorized > 0)
    .slice(-paymentsShown)
    .reduce<HTMLElement[]>((later, payment) => [drawn(payment, act, isBusy), ...later], []);
  const about =
    newestFirst.length === 0
      ? "No customer has approved anything yet."
      : "What others than the till do. Leave the amount empty for all of it.";
  return [element("h1", {}, "The shop's portal"), element("p", { class: "quiet" }, about), ...newestFirst];
}

function drawn(payment: PaymentShown, act: ActInPortal, isBusy: boolean): HTMLElement {
  const { reference, amount, captured, cancelled, refunded } = payment;
  const sum = (value: number) => money({ ...amount, value });
  const part = element("input", {
    "data-key": `part-${reference}`,
    inputmode: "decimal",
    placeholder: sum(amount.value),
    "aria-label": `Amount of ${reference}`,
  });
  const does = (name: string, what: Parameters<ActInPortal>[0], isPossible: boolean) =>
    button(`${what}-${reference}`, name, () => act(what, reference, minorOf(part.value)), {
      class: "second",
      disabled: isBusy || !isPossible,
    });
  const isReserved = payment.authorized > captured + cancelled;
  return element(
    "section",
    { class: "in-portal", "aria-label": reference },
    element("h2", {}, `${sum(amount.value)} · ${reference}`),
    element("p", {}, `captured ${sum(captured)}, cancelled ${sum(cancelled)}, refunded ${sum(refunded)}`),
    part,
    does("Capture", "capture", isReserved),
    does("Cancel", "cancel", isReserved),
    does("Refund", "refund", captured > refunded),
  );
}

/** As a person writes it, with a comma or a point. */
function minorOf(text: string): number | undefined {
  const amount = Number(text.trim().replace(",", "."));
  return text.trim() === "" || Number.isNaN(amount) ? undefined : Math.round(amount * 100);
}
