import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requestAccess } from "../../daemon/protocol/client.ts";
import { stickerText } from "../support/till.ts";
import { ConsoleShop } from "./console-shop.ts";
import { Build } from "./demo-shop.ts";

let build: Build;
let shop: ConsoleShop;

beforeAll(async () => {
  build = await Build.make();
});

afterAll(() => build.remove());

beforeEach(async () => {
  shop = await ConsoleShop.open(build);
});

afterEach(async () => {
  await shop.close();
  const { complaints } = shop;
  // A browser says so when the program it speaks to has no power.
  const unexpected = complaints.filter((text) => !text.includes("WebSocket") && !text.includes("ERR_CONNECTION"));
  if (unexpected.length > 0) throw new Error(`the browser's console says ${unexpected.join("; ")}`);
});

/** One key every few milliseconds by the page's clock, however busy the machine is. */
async function typeAsScannersDo(label: string): Promise<void> {
  await shop.key("wedge-trial").evaluate(
    (field: HTMLInputElement, keys: readonly string[]) => {
      for (const [index, key] of keys.entries()) {
        const typed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        Object.defineProperty(typed, "timeStamp", { value: index * 5 });
        field.dispatchEvent(typed);
      }
    },
    [...label.split(""), "Enter"],
  );
}

async function isAccessible(): Promise<void> {
  expect(await shop.barriers()).toEqual([]);
  expect(await shop.sidewaysOverflow()).toEqual([]);
}

describe("the console", () => {
  test("shows to everybody how the till does, and nothing else, until it is opened with a code", async () => {
    await shop.browse();
    await shop.says("Open the console");
    await expect.poll(() => shop.light("Journal")).toBe("Safe on disk");
    await expect.poll(() => shop.light("Devices")).toBe("1 of 1 ready");
    for (const place of ["pairing", "seen", "payments", "clients", "support", "recovery"])
      expect(await shop.page.locator(`#${place}`).isVisible()).toBe(false);
    await shop.picture("01-locked");
    await isAccessible();
  });

  test("says to everybody within seconds that MobilePay no longer takes the keys, and what to do", async () => {
    await shop.browse();
    await expect.poll(() => shop.light("MobilePay")).toBe("Not asked yet");
    shop.till.simulator.faults.plan({ operation: "any", fault: { kind: "status", status: 401 }, times: 1_000 });
    await shop.till.start();
    const toldMsMax = { timeout: 10_000 };
    await expect.poll(() => shop.light("MobilePay"), toldMsMax).toBe("Keys refused");
    await shop.says("new keys from the business portal");
    await isAccessible();
  });

  test("is opened by typing the code, after a wrong one too, stays open over a reload, and is locked for good", async () => {
    const { code } = await shop.command();
    await shop.browse();
    const wrong = code.startsWith("0") ? `1${code.slice(1)}` : `0${code.slice(1)}`;
    await shop.key("code").fill(wrong);
    await shop.key("open").click();
    await shop.says("Tries left: 4");
    await shop.picture("02-wrong-code");
    await shop.key("code").fill(`${code.slice(0, 4)} ${code.slice(4)}`);
    await shop.key("code").press("Enter");
    await shop.key("lock").waitFor();
    await shop.page.reload();
    await shop.key("lock").click();
    await shop.says("The console is locked again.");
    await shop.page.reload();
    await shop.says("Open the console");
    await shop.key("code").fill(code);
    await shop.key("open").click();
    await shop.says("There is no such code now.");
  });

  test("is opened by the address that the command shows, and the code leaves the address", async () => {
    const page = await shop.enter();
    expect(page.url()).toBe(shop.url);
    expect(await page.evaluate(() => [document.cookie, localStorage.length])).toEqual(["", 0]);
    await shop.says("Till A", "h1");
    await shop.picture("03-open");
    await isAccessible();
  });

  test("cannot be shown in another page's frame, and runs no script but its own", async () => {
    const answer = await fetch(shop.url);
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    expect(answer.headers.get("content-security-policy")).toMatch(
      /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
    );
    expect(await answer.text()).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=/);
  });

  test("keeps other pages of this computer out: no frame, no script, no answer, no socket", async () => {
    const { code } = await shop.command();
    const stranger = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<!doctype html>"),
    );
    stranger.listen(0, "127.0.0.1");
    await once(stranger, "listening");
    try {
      const page = await shop.browse({}, `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`);
      const outcome = await page.evaluate(tryEverything, [shop.port, code] as const);
      expect(outcome).toEqual({ fetched: "refused", script: "refused", socket: "refused", post: "refused" });
      const [, frame] = page.frames();
      expect(frame?.url()).toBe("chrome-error://chromewebdata/");
    } finally {
      stranger.close();
    }
    shop.complaints.length = 0;
    await shop.enter();
  });

  test("pairs the till by scan, with a picture of what the scanner saw, and says what is no tag", async () => {
    await shop.enter();
    await shop.key("listen").click();
    await shop.says("Listening: scan it now");
    await shop.till.scanner.write("5701234567899\r");
    await shop.says("That is a product, not a till’s tag.");
    await shop.says("5701234567899", "#seen");
    await shop.picture("04-product-seen");
    await shop.till.scanner.write(`${stickerText}\r`);
    await shop.says("Tag read. Register it now.");
    await shop.page.getByRole("img", { name: "MobilePay tag" }).waitFor();
    expect(await shop.key("tag").inputValue()).toBe("123456789012345");
    await shop.picture("05-tag-read");
    await isAccessible();
    await shop.key("register").click();
    await shop.says("Paired. Customers can scan the tag on the counter.");
    expect((await shop.till.call("till.get", {})).paired).toBe(true);
    await shop.picture("06-paired");
    await isAccessible();
  });

  test("shows what switches a scanner that types, notices one that does, and draws the code where it is known", async () => {
    await shop.enter();
    await shop.key("wedge").click();
    await shop.key("wedge-trial").fill("");
    await shop.page.keyboard.type("slow", { delay: 90 });
    await shop.page.keyboard.press("Enter");
    await expect.poll(() => shop.key("wedge-trial").inputValue()).toBe("");
    expect(await shop.page.locator(".wedge-types").textContent()).toBe("");
    await typeAsScannersDo("4006381333931");
    await shop.says("It types: this scanner has to be switched.");
    await shop.key("wedge-Honeywell").click();
    await shop.says(/Scan the code PAP131 with it, from the maker’s User's Guide/);
    expect(await shop.page.locator(".stripes").count()).toBe(0);
    await shop.key("wedge-Datalogic").click();
    await shop.page.getByRole("img", { name: "Code that switches the scanner to USB-COM" }).waitFor();
    await shop.says("In the till’s settings the scanner is now called serial-scanner.");
    await shop.page.locator("#wedge").scrollIntoViewIfNeeded();
    await shop.picture("21-scanner-that-types");
    await isAccessible();
    expect(await shop.sidewaysOverflow()).toEqual([]);
  });

  test("lets a page in whose code is the same, shows it among the clients, and takes access away again", async () => {
    await shop.enter();
    const shown = Promise.withResolvers<string>();
    const asked = requestAccess({
      url: `ws://127.0.0.1:${shop.port}/v1`,
      name: "New till page",
      onCode: (code) => shown.resolve(code),
    });
    const code = await shown.promise;
    await shop.says(code, "#requests");
    await shop.picture("07-request");
    await isAccessible();
    await shop.page.getByLabel("give money back").uncheck();
    await shop.page.locator('[data-key^="approve-"]').click();
    expect(await asked).toMatch(/^[\w-]{43}$/);
    await shop.says("New till page", "#clients");
    await shop.says("May do: look, sell, change settings", "#clients");
    await expect.poll(() => shop.page.locator("#requests").isVisible()).toBe(false);
    const revoke = shop.page.getByRole("button", { name: "New till page" });
    await revoke.click();
    await shop.says("Really take away?");
    await revoke.click();
    await expect.poll(() => shop.page.locator("#clients").textContent()).not.toContain("New till page");
  });

  test("puts a payment without a receipt before a person after a power cut, and gives the money back by one press", async () => {
    await shop.enter();
    await shop.loseReceipt();
    await shop.says("Paid, but no receipt");
    await shop.says("Customers who have paid have usually taken the goods with them.");
    await shop.picture("08-decide");
    await isAccessible();
    await shop.key("refund-payment-1").click();
    await shop.says("Given back");
    await shop.picture("09-given-back");
    expect(shop.till.account()?.refunded).toBe(4990);
    await shop.key("dismiss-payment-1").click();
    await expect.poll(() => shop.page.locator("#recovery").isVisible()).toBe(false);
  });

  test("is decided on by keyboard alone: the sale is rung up again on the payment that was made", async () => {
    await shop.loseReceipt();
    await shop.enter();
    await shop.says("Paid, but no receipt");
    await expect.poll(() => shop.key("reRing-payment-1").isEnabled()).toBe(true);
    for (let steps = 0; steps < 10 && (await focusedKey()) !== "reRing-payment-1"; steps += 1)
      await shop.page.keyboard.press("Tab");
    await shop.page.keyboard.press("Enter");
    await shop.says("To be rung up again");
    await shop.picture("10-ring-up-again");
    const { items } = await shop.till.call("recovery.list", {});
    expect(items[0]).toMatchObject({ decision: "reRing" });
  });

  test("recommends to let go of money that was only reserved, and the POS rings up what a person wants all the same", async () => {
    await shop.close();
    shop = await ConsoleShop.open(build, { capture: "onReceipt" });
    await shop.loseReceipt();
    await shop.enter();
    await shop.says("Approved, but not finished");
    expect(await shop.page.locator(".choice-recommended button").textContent()).toBe("Refund");
    await shop.says("Nothing has been taken yet, so letting go costs nobody anything.");
    await shop.picture("20-reserved");
    await isAccessible();
    await shop.key("reRing-payment-1").click();
    await shop.says("To be rung up again");
    await shop.till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
    await shop.says("Nothing more is to be decided about this payment.");
    expect(shop.till.account()).toMatchObject({ captured: 4990, refunded: 0 });
  });

  test("tells an open decision from a locked console too, and says so when the program does not answer", async () => {
    await shop.loseReceipt();
    await shop.browse();
    await shop.says("A payment waits for a decision.");
    await shop.picture("11-locked-urgent");
    await isAccessible();
    await shop.till.pullThePlug();
    await shop.says("The till’s program does not answer");
    await shop.picture("12-no-power");
    await isAccessible();
    await shop.till.powerOn();
    await shop.page.locator(".notice-large").waitFor({ state: "detached" });
  });

  test("shows payments as they run, the log and the facts for support, without a secret", async () => {
    await shop.enter();
    await shop.till.pair();
    await shop.till.start();
    await shop.says("Waits for approval", "#payments");
    await shop.till.approve();
    await shop.says("Paid", "#payments");
    await shop.key("log").click();
    await shop.page.locator(".log-line").first().waitFor();
    await shop.key("support").click();
    await expect.poll(() => shop.page.locator("textarea").inputValue()).toContain('"message":"ready"');
    const text = await shop.page.locator("textarea").inputValue();
    const { clientSecret, subscriptionKey } = shop.till.simulator.platform.unit.credentials;
    for (const secret of [clientSecret, subscriptionKey, shop.till.token, "4500000001", shop.till.folder])
      expect(text).not.toContain(secret);
    await shop.picture("13-payments-log");
    await isAccessible();
  });

  test("never shows or keeps a customer's code", async () => {
    await shop.enter();
    await shop.till.scanner.write("https://qr.vipps.no/p/4512345678\r");
    await shop.says("not shown, it is personal", "#seen");
    expect(await shop.page.content()).not.toContain("4512345678");
  });
});

/** Runs in a page of another origin, which knows the port and even the code. */
async function tryEverything([port, code]: readonly [number, string]) {
  const till = `127.0.0.1:${port}`;
  const went = (what: Promise<unknown>) =>
    what.then(
      () => "went",
      () => "refused",
    );
  const loaded = (made: HTMLScriptElement | HTMLIFrameElement) =>
    new Promise((resolve, reject) => {
      made.addEventListener("load", resolve);
      made.addEventListener("error", reject);
      document.body.append(made);
    });
  const script = Object.assign(document.createElement("script"), { src: `http://${till}/main.js` });
  const frame = Object.assign(document.createElement("iframe"), { src: `http://${till}/#${code}` });
  const socket = new Promise((resolve, reject) => {
    const tried = new WebSocket(`ws://${till}/v1`);
    tried.addEventListener("open", resolve);
    tried.addEventListener("close", reject);
  });
  const post = fetch(`http://${till}/`, { method: "POST", mode: "cors", body: code });
  const [fetched, scripted, opened, posted] = await Promise.all([
    went(fetch(`http://${till}/health`)),
    went(loaded(script)),
    went(socket),
    went(post),
  ]);
  await loaded(frame);
  return { fetched, script: scripted, socket: opened, post: posted };
}

function focusedKey(): Promise<string | undefined> {
  return shop.page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined,
  );
}

describe("on other screens", () => {
  test.each([
    ["a phone", { viewport: { width: 360, height: 740 } }, "14-phone"],
    ["a dark surrounding", { colorScheme: "dark" }, "15-dark"],
    ["a Danish till", { locale: "da-DK" }, "16-danish"],
    ["a Finnish phone", { locale: "fi-FI", viewport: { width: 360, height: 740 } }, "17-finnish-phone"],
    ["a Norwegian till", { locale: "nb-NO" }, "18-norwegian"],
    ["a Swedish till", { locale: "sv-SE" }, "19-swedish"],
  ] as const)("%s reads all of it, a decision first", async (_, options, name) => {
    await shop.loseReceipt();
    await shop.enter(options);
    await shop.key("refund-payment-1").waitFor();
    await shop.till.scanner.write("5701234567899\r");
    await shop.says("5701234567899", "#seen");
    await shop.picture(name);
    await isAccessible();
    await shop.key("wedge").click();
    await shop.key("wedge-Datalogic").click();
    await shop.page.locator(".stripes").waitFor();
    await shop.picture(`${name}-scanner`);
    await isAccessible();
  });
});
