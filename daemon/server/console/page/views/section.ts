import { element, redraw } from "../../../pages/elements.ts";
import type { ConsoleState, ConsoleStore } from "../state.ts";

type Child = Node | string | undefined | false;

/** Draws `place` anew whenever the part of the state that it shows has changed, and hides it when there is nothing to show. */
export function section<Model>(
  store: ConsoleStore,
  place: HTMLElement,
  modelOf: (state: ConsoleState) => Model,
  draw: (model: Model) => readonly Child[],
): void {
  let drawn: string | undefined;
  store.watch(() => {
    const model = modelOf(store.state);
    const text = JSON.stringify(model) ?? "";
    if (text === drawn) return;
    drawn = text;
    const children = draw(model);
    place.hidden = children.length === 0;
    redraw(place, children);
  });
}

/** Words about what went wrong, read aloud at once. */
export function notice(text: string): HTMLElement {
  return element("p", { class: "notice notice-bad", role: "alert" }, text);
}
