import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, FrameLocator, Locator, Page } from "playwright-core";
import { type Bundle, openBundle } from "../support/bundle.ts";
import { checkout } from "../support/imports.ts";
import { until } from "../support/until.ts";
import { bePatient, openChromium } from "./chromium.ts";

const screenshots = join(checkout, "test/browser/screenshots");
/** Bundled goods by the last digits of their EAN. */
export const coffee = "114";
export const bun = "121";
export const chocolate = "169";
export const tulips = "183";

/** How long the till holds a sale for its page after a power cut. */
interface Recovery {
  readonly abandonAfterSeconds: number;
}
/** No longer than it must. */
export const givenUpSoon: Recovery = { abandonAfterSeconds: 1 };
/** Longer than any test takes. */
export const neverGivenUp: Recovery = { abandonAfterSeconds: 600 };

/** A bundle and a browser, for all tests of a file. */
export class Build {
  readonly browser: Browser;
  readonly #bundle: Bundle;

  private constructor(bundle: Bundle, browser: Browser) {
    this.#bundle = bundle;
    this.browser = browser;
  }

  get folder(): string {
    return this.#bundle.folder;
  }

  static async make(): Promise<Build> {
    await mkdir(screenshots, { recursive: true });
    return new Build(await openBundle(), await openChromium());
  }

  async remove(): Promise<void> {
    await this.browser.close();
    await this.#bundle.remove();
  }
}

/** `tillbridge demo` in a process of its own, and a browser that shows its page. */
export class DemoShop {
  readonly demo: ChildProcess;
  readonly url: string;
  readonly page: Page;
  readonly #complaints: string[] = [];
  #hasLostPower = false;
  readonly phone: FrameLocator;
  readonly #dataDir: string;

  private constructor(demo: ChildProcess, dataDir: string, url: string, page: Page) {
    this.demo = demo;
    this.#dataDir = dataDir;
    this.url = url;
    this.page = page;
    this.phone = page.frameLocator("iframe");
    page.on("console", (message) => void this.#complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => void this.#complaints.push(error.message));
  }

  /** A fresh shop: keys are there, nothing is paired. */
  static async open({ folder, browser }: Build): Promise<DemoShop> {
    const dataDir = await mkdtemp(join(tmpdir(), "demo-"));
    const words = [join(folder, "main.mjs"), "demo", "--port", "0", "--data", dataDir];
    const demo = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const url = await addressOf(demo);
    const page = await browser.newPage({ viewport: { width: 1024, height: 768 }, reducedMotion: "reduce" });
    const shop = new DemoShop(demo, dataDir, url, bePatient(page));
    await page.goto(url);
    await shop.isReady();
    return shop;
  }

  /** What the browser's console said, and what nobody caught. Of a till without power it says whatever was tried with it. */
  get complaints(): string[] {
    return this.#complaints.filter((text) => !(this.#hasLostPower && text.includes("WebSocket connection to")));
  }

  /** Waits until the daemon answers the page, and the scanner the daemon. */
  async isReady(): Promise<void> {
    await this.page.locator(".strip-state", { hasText: "scanner ready" }).waitFor();
  }

  async close(): Promise<void> {
    await this.page.close();
    if (this.demo.exitCode === null && this.demo.kill("SIGTERM")) await once(this.demo, "exit");
    await rm(this.#dataDir, { recursive: true });
  }

  /** The element with this key on the till's page. */
  key(key: string): Locator {
    return this.page.locator(`[data-key="${key}"]`);
  }

  press(key: string): Promise<void> {
    return this.key(key).click();
  }

  /** Taps a button on the customer's phone. */
  tap(name: string): Promise<void> {
    return this.phone.getByRole("button", { name, exact: true }).click();
  }

  /** Waits until the till shows this text. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.locator(".till").getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** Waits until this is to be paid. */
  async totals(amount: string): Promise<void> {
    const total = this.page.locator("#total");
    await until(async () => plain(await total.textContent()) === amount, `a total of ${amount}`);
  }

  /** Keeps a picture of what a person sees, for looking at. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  /** Registers the sticker and gives MobilePay a quick button. */
  async settleIn(): Promise<void> {
    await this.press("screen-settings");
    await this.press("listen");
    await this.says("Listening");
    await this.press("scan-sticker");
    await this.tagRead();
    await this.press("register");
    await this.says("Registered.");
    await this.key("use-in-till").check();
    await this.key("quick-button").check();
    await this.press("save-method");
    await this.press("screen-sale");
    await this.key("pay").waitFor();
  }

  /** Waits until the scanned sticker stands in the form. */
  async tagRead(): Promise<void> {
    await this.page.locator('[data-key="tag"][value*="100000000000317"]').waitFor();
  }

  /** The key of the element that has the focus, on the till's page. */
  async focused(): Promise<string | null> {
    const focused = this.page.locator("[data-key]:focus");
    return (await focused.count()) === 0 ? null : focused.getAttribute("data-key");
  }

  async ringUp(...goods: string[]): Promise<void> {
    for (const good of goods) await this.press(`add-2000000000${good}`);
  }

  /** Asks the customer by the code on the customer's phone. */
  async askByScan(): Promise<void> {
    await this.press("pay");
    await this.press("way-customerQr");
    await this.press("scan-customer");
    await this.phone.getByRole("button", { name: "Approve" }).waitFor();
  }

  async printReceipt(): Promise<void> {
    await this.press("print");
    await this.page.locator(".paper").waitFor();
  }

  async pullThePlug(): Promise<void> {
    this.#hasLostPower = true;
    await this.press("plug");
    await this.says("No power");
  }

  /** The daemon dies, and not by the page's doing. */
  async killDaemon(): Promise<void> {
    this.#hasLostPower = true;
    const { pid = 0 } = this.demo;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const child of children.trim().split(" ").map(Number)) {
      const commandLine = await readFile(`/proc/${child}/cmdline`, "utf8");
      if (commandLine.includes("\0run\0")) process.kill(child, "SIGKILL");
    }
  }

  async powerOn(recovery: Recovery): Promise<void> {
    const file = join(this.#dataDir, "tillbridge.json");
    const settings: object = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...settings, recovery }));
    await this.press("power-on");
    await this.isReady();
  }
}

/** Amounts are written with spaces that do not break. */
export function plain(text: string | null): string {
  return (text ?? "").replace(/\s/g, " ").trim();
}

async function addressOf(demo: ChildProcess): Promise<string> {
  if (!demo.stdout) throw new Error("no pipe");
  const lines = createInterface({ input: demo.stdout });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const url = /^\s*(http:\/\/127\.0\.0\.1:\d+)\/$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    lines.on("close", () => reject(new Error("the demo ended without an address")));
  });
}
