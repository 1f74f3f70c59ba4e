import { kroner } from "./amount.ts";
import { total } from "./basket.ts";
import type { TillPageState, TillPageStore } from "./state.ts";
import { stepWords } from "./words.ts";

/** Says aloud, to those who listen to the page, what the others see happen. */
export function announce(place: HTMLElement, store: TillPageStore): void {
  const update = () => {
    const words = wordsFor(store.state);
    if (place.textContent !== words) place.textContent = words;
  };
  store.watch(update);
  update();
}

function wordsFor(state: TillPageState): string {
  const { overlay, sale, payments, saleTrouble, power, notice, basket, recovery } = state;
  if (power !== "on") return "No power.";
  if (saleTrouble) return `${saleTrouble.message} ${saleTrouble.hint ?? ""}`;
  if (overlay === "payment" && sale) {
    const { title, text } = stepWords(payments[sale.paymentId], sale.customer.by);
    return `${title}. ${text}`;
  }
  if (notice !== undefined) return notice;
  const undecided = Object.values(recovery).filter(({ resolved, choices }) => !resolved && choices.length > 0).length;
  if (undecided > 0) return "A payment without a receipt needs a decision.";
  return basket.length > 0 ? `Total ${kroner(total(basket))}` : "";
}
