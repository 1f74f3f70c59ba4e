type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

const axes: Readonly<Record<Direction, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** In `place`, arrow keys move the focus to the next button in that direction, as the eye sees it. */
export function arrowKeysMoveFocus(place: HTMLElement): void {
  place.addEventListener("keydown", (event) => {
    const axis = Object.hasOwn(axes, event.key) ? axes[event.key as Direction] : undefined;
    const from = document.activeElement;
    if (!axis || !(from instanceof HTMLButtonElement)) return;
    event.preventDefault();
    nearest(from, [...place.querySelectorAll("button")], axis)?.focus();
  });
}

/** Like {@link arrowKeysMoveFocus}, and the whole place is one stop of the Tab key: the button that had the focus last. */
export function oneTabStop(place: HTMLElement): void {
  arrowKeysMoveFocus(place);
  const settle = (chosen: HTMLButtonElement | null) => {
    for (const one of place.querySelectorAll("button")) one.tabIndex = one === chosen ? 0 : -1;
  };
  place.addEventListener("focusin", () => {
    if (document.activeElement instanceof HTMLButtonElement) settle(document.activeElement);
  });
  settle(place.querySelector("button"));
}

function nearest(
  from: HTMLButtonElement,
  buttons: readonly HTMLButtonElement[],
  axis: { readonly x: number; readonly y: number },
): HTMLButtonElement | undefined {
  const start = middle(from);
  let best: { button: HTMLButtonElement; far: number } | undefined;
  for (const button of buttons) {
    const end = middle(button);
    const along = (end.x - start.x) * axis.x + (end.y - start.y) * axis.y;
    const across = Math.abs((end.x - start.x) * axis.y) + Math.abs((end.y - start.y) * axis.x);
    // What lies straight ahead comes before what is nearer but to the side.
    const far = along + 3 * across;
    if (along > 1 && !button.disabled && (!best || far < best.far)) best = { button, far };
  }
  return best?.button;
}

function middle(button: HTMLButtonElement): { x: number; y: number } {
  const { left, top, width, height } = button.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
