import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Build, bun, chocolate, coffee, DemoShop, givenUpSoon, neverGivenUp, plain, tulips } from "./demo-shop.ts";
import { overflowing } from "./overflow.ts";

let build: Build;
let shop: DemoShop;

beforeAll(async () => {
  build = await Build.make();
});

afterAll(() => build.remove());

beforeEach(async () => {
  shop = await DemoShop.open(build);
});

afterEach(async () => {
  const { complaints } = shop;
  await shop.close();
  if (complaints.length > 0) throw new Error(`the browser's console says ${complaints.join("; ")}`);
});

const paperLine = async (word: string) =>
  plain(
    await shop.page.locator(".paper dt", { hasText: word }).locator("xpath=following-sibling::dd[1]").textContent(),
  );

describe("a fresh shop", () => {
  test("is paired by scanning the sticker; anything else is refused with words", async () => {
    await shop.picture("01-fresh-shop");
    await shop.press("screen-settings");
    await shop.press("listen");
    await shop.says("Listening");
    await shop.press("scan-phone");
    await shop.says(/customer/i);
    await shop.picture("02-wrong-code");
    await shop.press("scan-sticker");
    await shop.tagRead();
    await shop.press("register");
    await shop.says("Registered.");
    await shop.picture("03-paired");
    await shop.page.reload();
    await shop.press("screen-settings");
    await shop.says("Registered.");
  });

  test("can have a new code made instead of scanning a sticker", async () => {
    await shop.press("screen-settings");
    await shop.press("create");
    await shop.says("Registered.");
    await shop.page.getByRole("img", { name: "The till's code" }).waitFor();
    await shop.press("unpair");
    await shop.key("listen").waitFor();
  });

  test("has a quick button for MobilePay once the payment method is set so, and keeps it", async () => {
    await shop.ringUp(coffee);
    await shop.says("not paired yet");
    await shop.settleIn();
    await shop.page.reload();
    await shop.key("pay").waitFor();
    await shop.totals("28,00 kr.");
    await shop.press("methods");
    await shop.key("method-mobilepay").waitFor();
    await shop.picture("04-methods");
  });
});

describe("a sale", () => {
  beforeEach(() => shop.settleIn());

  test("is rung up by a press and by the scanner, and paid by the customer who scans the sticker", async () => {
    await shop.ringUp(coffee, coffee);
    await shop.press(`scan-2000000000${bun}`);
    await shop.totals("80,50 kr.");
    await shop.press("pay");
    await shop.picture("05-ways");
    await shop.press("way-tillTag");
    await shop.says("Ready for the customer");
    await shop.picture("06-till-tag");
    await shop.tap("Scan the code on the counter");
    await shop.says("On the customer's phone");
    await shop.phone.getByRole("heading", { name: "80,50" }).waitFor();
    await shop.picture("07-approval");
    await shop.tap("Approve");
    await shop.key("print").waitFor();
    await shop.picture("08-paid");
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("80,50 kr.");
    expect(await paperLine("2 × Filter coffee")).toBe("56,00 kr.");
    await shop.picture("09-receipt");
  });

  test("is paid by the customer whose code the scanner reads, whoever that is", async () => {
    await shop.ringUp(tulips);
    await shop.phone.getByLabel("Phone of").selectOption("Customer B");
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("49,00 kr.");
  });

  test("is paid by the customer who scans the code on the screen", async () => {
    await shop.ringUp(chocolate, bun);
    await shop.press("pay");
    await shop.press("way-screenQr");
    await shop.page.getByRole("img", { name: "Code for the customer to scan" }).waitFor();
    await shop.picture("10-screen-code");
    await shop.tap("Scan the code on the screen");
    await shop.tap("Approve");
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("57,00 kr.");
  });

  test("is paid by the customer whose phone number is typed", async () => {
    await shop.ringUp(coffee);
    await shop.press("pay");
    await shop.key("phone-number").fill("00 00 00 01");
    await shop.key("phone-number").press("Enter");
    await shop.tap("Approve");
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("28,00 kr.");
  });

  test("that the customer refuses is not paid, and is still there for another attempt", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.tap("Refuse");
    await shop.says("The customer said no");
    await shop.picture("11-refused");
    await shop.press("close");
    await shop.totals("28,00 kr.");
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.printReceipt();
  });

  test("that the cashier cancels disappears from the customer's phone", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.press("cancel");
    await shop.says("Nothing was paid.");
    await shop.phone.getByRole("heading", { name: "Withdrawn" }).waitFor();
    await shop.picture("12-cancelled");
  });

  test("goes on after the page is loaded anew", async () => {
    await shop.pullThePlug();
    await shop.powerOn(neverGivenUp);
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.page.reload();
    await shop.says("On the customer's phone");
    await shop.tap("Approve");
    await shop.key("print").waitFor();
    await shop.page.reload();
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("28,00 kr.");
  });

  test("can be given back in parts, and never more than is left", async () => {
    await shop.ringUp(tulips, chocolate);
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.printReceipt();
    await shop.key("refund-amount").fill("32,50");
    await shop.press("refund");
    await shop.says(/^32,50\skr\. given back/);
    await shop.picture("13-part-refunded");
    await shop.key("refund-amount").fill("49,01");
    await shop.press("refund");
    expect(await shop.key("refund-amount").evaluate((input: HTMLInputElement) => input.validity.customError)).toBe(
      true,
    );
    await shop.key("refund-amount").fill("49");
    await shop.press("refund");
    await shop.says("Nothing is left to refund.");
    await shop.tap("Done");
    await shop.phone.getByText(/81,50\skr\. given back/).waitFor();
    await shop.picture("14-refunded");
  });
});

describe("the plug is pulled", () => {
  beforeEach(() => shop.settleIn());

  test("after the money was taken: it is given back when a person decides so", async () => {
    await shop.ringUp(coffee, bun);
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.key("print").waitFor();
    await shop.pullThePlug();
    await shop.picture("15-no-power");
    await shop.powerOn(givenUpSoon);
    await shop.says("Paid, but no receipt");
    await shop.picture("16-paid-without-receipt");
    await shop.page.getByRole("button", { name: "Refund", exact: true }).click();
    await shop.says("Given back");
    await shop.picture("17-given-back");
    await shop.tap("Done");
    await shop.phone.getByText(/52,50\skr\. given back/).waitFor();
    await shop.page.getByRole("button", { name: "Close" }).click();
    await shop.totals("0,00 kr.");
  });

  test("before the customer approved, who then approves in the dark: the sale is rung up again on that payment", async () => {
    await shop.ringUp(tulips);
    await shop.askByScan();
    await shop.pullThePlug();
    await shop.tap("Approve");
    await shop.powerOn(neverGivenUp);
    await shop.says("Looking up the last payment");
    await shop.picture("18-looking-up");
    await shop.pullThePlug();
    await shop.powerOn(givenUpSoon);
    await shop.says("Approved, but not finished");
    await shop.page.getByRole("button", { name: "Ring up again" }).click();
    await shop.says("Already paid");
    await shop.picture("19-rung-up-again");
    await shop.press(`less-2000000000${tulips}`);
    await shop.says(/Ring up 49,00\skr\. more/);
    await shop.ringUp(tulips);
    await shop.press("print-again");
    await shop.page.locator(".paper").waitFor();
    expect(await paperLine("Total")).toBe("49,00 kr.");
    await shop.tap("Done");
    await shop.phone.getByText("Paid", { exact: true }).waitFor();
  });

  test("and nobody approved: nothing is paid, and the goods can be rung up again", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.pullThePlug();
    await shop.powerOn(givenUpSoon);
    await shop.says("Nothing was paid");
    await shop.phone.getByRole("heading", { name: "Withdrawn" }).waitFor();
    await shop.page.getByRole("button", { name: "Ring the goods up" }).click();
    await shop.totals("28,00 kr.");
  });

  test("and the customer is still there: the sale goes on", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.pullThePlug();
    await shop.powerOn(neverGivenUp);
    await shop.page.getByRole("button", { name: "Go on with the sale" }).click();
    await shop.says("On the customer's phone");
    await shop.tap("Approve");
    await shop.printReceipt();
    expect(await paperLine("Total")).toBe("28,00 kr.");
  });

  test("by nobody: the page notices that the daemon has died, and goes on with the sale after a start", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.killDaemon();
    await shop.says("No power");
    await shop.powerOn(neverGivenUp);
    await shop.page.getByRole("button", { name: "Go on with the sale" }).click();
    await shop.tap("Approve");
    await shop.printReceipt();
  });

  test("twice, the second time after the decision: what was decided is carried out", async () => {
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.key("print").waitFor();
    await shop.pullThePlug();
    await shop.powerOn(givenUpSoon);
    await shop.page.getByRole("button", { name: "Ring up again" }).click();
    await shop.says("Already paid");
    await shop.pullThePlug();
    await shop.powerOn(givenUpSoon);
    await shop.says("Being rung up again");
    await shop.page.getByRole("button", { name: "Go on" }).click();
    await shop.press("print-again");
    await shop.page.locator(".paper").waitFor();
    expect(await paperLine("Total")).toBe("28,00 kr.");
  });
});

describe("the page", () => {
  beforeEach(() => shop.settleIn());

  test("sells by keyboard alone", async () => {
    const { keyboard } = shop.page;
    const focused = () => shop.focused();
    const tabTo = async (key: string) => {
      for (let steps = 0; steps < 30 && (await focused()) !== key; steps += 1) await keyboard.press("Tab");
      await expect.poll(focused).toBe(key);
    };
    await shop.page.reload();
    await shop.key("pay").waitFor();
    await tabTo(`add-2000000000${coffee}`);
    await keyboard.press("Enter");
    await keyboard.press("ArrowDown");
    await keyboard.press("Space");
    await shop.totals("64,95 kr.");
    await tabTo("pay");
    await keyboard.press("Enter");
    await keyboard.press("Escape");
    await expect.poll(focused).toBe("pay");
    await keyboard.press("Enter");
    await keyboard.press("ArrowDown");
    await expect.poll(focused).toBe("way-customerQr");
    await shop.picture("20-keyboard");
    await keyboard.press("Enter");
    await shop.key("scan-customer").waitFor();
    await expect.poll(focused).toBe("scan-customer");
    await keyboard.press("Enter");
    await shop.says("On the customer's phone");
    await shop.phone.getByRole("button", { name: "Approve" }).waitFor();
    const approve = shop.phone.locator('[data-key="approve"]:focus');
    for (let steps = 0; steps < 12 && (await approve.count()) === 0; steps += 1) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await shop.key("print").waitFor();
    await expect.poll(focused).toBe("print");
    await keyboard.press("Enter");
    await shop.page.locator(".paper").waitFor();
    await expect.poll(focused).toBe("next-sale");
    await keyboard.press("Enter");
    await shop.totals("0,00 kr.");
  });

  test("fits a screen of 1024 by 768 in every step", async () => {
    const fits = async (step: string) => expect(await overflowing(shop.page), step).toEqual([]);
    await fits("empty sale");
    await shop.ringUp(coffee, bun, chocolate, tulips, "138", "145", "152", "176");
    await fits("long sale");
    await shop.press("methods");
    await fits("methods");
    await shop.press("method-mobilepay");
    await fits("ways");
    await shop.press("way-screenQr");
    await shop.page.getByRole("img", { name: "Code for the customer to scan" }).waitFor();
    await fits("code on the screen");
    await shop.tap("Scan the code on the screen");
    await shop.tap("Approve");
    await shop.printReceipt();
    await fits("receipt");
    await shop.press("screen-settings");
    await fits("settings");
    await shop.press("screen-sale");
    await shop.ringUp(coffee);
    await shop.askByScan();
    await shop.tap("Approve");
    await shop.key("print").waitFor();
    await shop.pullThePlug();
    await fits("no power");
    await shop.powerOn(givenUpSoon);
    await shop.says("Paid, but no receipt");
    await fits("decision");
  });
});
