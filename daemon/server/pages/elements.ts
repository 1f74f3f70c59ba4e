type Listener = (event: Event) => void;
type Property = string | number | boolean | undefined | Listener;
type Child = Node | string | undefined | false;

/**
 * Makes an element. A function is a listener (`onClick`), `true` an empty attribute, `false` and `undefined` none; anything else is
 * the attribute's text. Text is only ever set as text, never as markup.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Readonly<Record<string, Property>>,
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(made, name, value);
  made.append(...present(children));
  return made;
}

/** A button: its key is how it keeps the focus when its view is drawn anew. */
export function button(
  key: string,
  label: string | readonly Child[],
  onClick: () => void,
  properties: Readonly<Record<string, Property>> = {},
): HTMLButtonElement {
  const children = typeof label === "string" ? [label] : label;
  return element("button", { type: "button", "data-key": key, onClick, ...properties }, children);
}

/** An icon from the page's own set, for decoration: it says nothing to a screen reader. */
export function icon(name: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${name}`);
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  picture.append(use);
  return picture;
}

/** Replaces what is in `place`. Focus, caret and what a person has typed stay with the elements that have the same key. */
export function redraw(place: HTMLElement, children: readonly Child[]): void {
  const before = inputsIn(place);
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && place.contains(focused) ? focused.dataset["key"] : undefined;
  const caret = focused instanceof HTMLInputElement ? focused.selectionStart : null;
  place.replaceChildren(...present(children));
  keepTyped(before, inputsIn(place));
  const again = key === undefined ? null : place.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  again?.focus({ preventScroll: true });
  if (again instanceof HTMLInputElement && caret !== null && again.type === "text")
    again.setSelectionRange(caret, caret);
}

type Inputs = ReadonlyMap<string, HTMLInputElement>;

function inputsIn(place: HTMLElement): Inputs {
  const inputs = [...place.querySelectorAll<HTMLInputElement>("input[data-key]")];
  return new Map(inputs.map((input) => [input.dataset["key"] ?? "", input]));
}

/** A new value from outside counts more than what was typed over the old one. */
function keepTyped(before: Inputs, after: Inputs): void {
  for (const [key, input] of after) {
    const old = before.get(key);
    if (!old || old.defaultValue !== input.defaultValue || old.defaultChecked !== input.defaultChecked) continue;
    input.value = old.value;
    input.checked = old.checked;
  }
}

function setProperty(made: HTMLElement, name: string, value: Property): void {
  if (typeof value === "function") made.addEventListener(name.slice(2).toLowerCase(), value);
  else if (value === true) made.setAttribute(name, "");
  else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
}

function present(children: readonly (Child | readonly Child[])[]): (Node | string)[] {
  return children.flat().filter((child): child is Node | string => child !== undefined && child !== false);
}
