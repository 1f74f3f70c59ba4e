import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { covered } from "./covered.ts";
import { Build, bun, chocolate, coffee, DemoShop, givenUpSoon } from "./demo-shop.ts";
import { overflowing } from "./overflow.ts";

/** Only against what hangs: it is long. */
const timeout = 400_000;
const screens = [
  { width: 1280, height: 713 },
  { width: 1024, height: 768 },
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
/** Narrower than the till needs: till and counter stand one below the other, and the page scrolls. */
const phone = { width: 390, height: 844 };
const toReach = ".tabs button, .recovery button, .basket button, .basket .line, .good-scan, .good-name, .good-price";
const toReachInReceipts = ".receipt-entry, .refund-form button, .next-sale";
let build: Build;
let shop: DemoShop;

beforeAll(async () => {
  build = await Build.make();
});

afterAll(() => build.remove());

beforeEach(async () => {
  shop = await DemoShop.open(build);
});

afterEach(() => shop.close());

/** The customer pays, and the till goes off before the receipt. */
async function leaveOpen(): Promise<void> {
  await shop.ringUp(coffee, bun);
  await shop.askByScan();
  await shop.tap("Approve");
  await shop.key("print").waitFor();
  await shop.pullThePlug();
  await shop.tap("Done");
  await shop.powerOn(givenUpSoon);
}

async function fitsEverywhere(step: string, selector: string): Promise<void> {
  for (const screen of screens) {
    await shop.page.setViewportSize(screen);
    const where = `${step} at ${screen.width} by ${screen.height}`;
    expect(await overflowing(shop.page), where).toEqual([]);
    expect(await covered(shop.page, selector), where).toEqual([]);
  }
  await shop.page.setViewportSize(phone);
  expect(await covered(shop.page, selector), `${step} on a phone`).toEqual([]);
  expect(await shop.page.evaluate(() => document.documentElement.scrollWidth), step).toBe(phone.width);
}

test("whatever waits for a decision, goods can be rung up and paid for on screens of any size", {
  timeout,
}, async () => {
  await shop.settleIn();
  for (let open = 0; open <= 5; open += 1) {
    if (open > 0) await leaveOpen();
    await expect.poll(() => shop.page.locator(".recovery-ask").count()).toBe(open);
    if (open === 3 || open === 4) continue;
    await shop.ringUp(coffee, bun, chocolate);
    await fitsEverywhere(`a sale with ${open} open cases`, toReach);
    await shop.picture(`21-open-${open}-phone`);
    await shop.press("empty");
    await fitsEverywhere(`an empty sale with ${open} open cases`, toReach);
  }
  await shop.page.getByRole("button", { name: "Ring up again" }).first().click();
  await shop.says("Already paid");
  await shop.ringUp(coffee);
  await fitsEverywhere("too much rung up again", toReach);
  await shop.press(`less-2000000000${coffee}`);
  await shop.press("print-again");
  await shop.page.locator(".paper").waitFor();
  await fitsEverywhere("a receipt with 4 open cases", toReachInReceipts);
});
