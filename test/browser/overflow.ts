import type { Page } from "playwright-core";

/** What sticks out of the screen, or is cut off by what holds it. Names of elements; empty when all is well. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scrolling = ".lines, .receipt-list, .receipt-desk, .settings, .recovery";
    const all = [...document.querySelectorAll("body *:not(.heard)")].filter(
      (one) => one.checkVisibility() && one.getClientRects().length > 0,
    );
    const outside = all.filter((one) => {
      const { left, top, right, bottom } = one.getBoundingClientRect();
      return left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5;
    });
    const cut = all.filter((one) => {
      const { overflowY, textOverflow } = getComputedStyle(one);
      const wide = one.scrollWidth > one.clientWidth + 1 && textOverflow !== "ellipsis";
      return one.clientWidth > 0 && (wide || (overflowY !== "auto" && one.scrollHeight > one.clientHeight + 3));
    });
    return [...outside.filter((one) => one.closest(scrolling) === null), ...cut].map(
      (one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? one.id}`,
    );
  });
}
