import type { Page } from "playwright-core";

/**
 * What a person cannot see or press whole, even after scrolling to it: something lies over it, or what holds it cuts it off. Names of
 * elements; empty when all is well.
 */
export function covered(page: Page, selector: string): Promise<string[]> {
  return page.evaluate((selector) => {
    const isFree = (one: Element) => {
      one.scrollIntoView({ block: "center" });
      const { left, top, right, bottom } = one.getBoundingClientRect();
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      const points: readonly [number, number][] = [
        [x, top + 2],
        [x, bottom - 2],
        [left + 2, y],
        [right - 2, y],
      ];
      return points.every(([x, y]) => one.contains(document.elementFromPoint(x, y)));
    };
    return [...document.querySelectorAll(selector)]
      .filter((one) => one.checkVisibility() && !isFree(one))
      .map((one) => one.getAttribute("data-key") ?? `${one.className}: ${one.textContent}`);
  }, selector);
}
