import { redraw } from "../../../../server/pages/elements.ts";
import type { TillPageState, TillPageStore } from "../state.ts";

type Drawn = Parameters<typeof redraw>[1];

/** Draws `place` whenever what it shows has changed. A model is data only, so that it can be compared. */
export function view<Model>(
  store: TillPageStore,
  place: HTMLElement,
  modelOf: (state: TillPageState) => Model,
  draw: (model: Model) => Drawn,
): void {
  let shown = "";
  const update = () => {
    const model = modelOf(store.state);
    const text = JSON.stringify(model);
    if (text === shown) return;
    shown = text;
    redraw(place, draw(model));
  };
  store.watch(update);
  update();
}
