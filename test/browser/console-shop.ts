import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { freePort } from "../support/free-port.ts";
import { checkout } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { Till, type TillOptions } from "../support/till.ts";
import { bePatient } from "./chromium.ts";
import type { Build } from "./demo-shop.ts";

const screenshots = join(checkout, "test/browser/screenshots");

/** A till that can lose its power, and a browser that shows its console. */
export class ConsoleShop {
  readonly till: Till;
  readonly port: number;
  readonly complaints: string[] = [];
  readonly #build: Build;
  readonly #contexts: BrowserContext[] = [];
  #page: Page | undefined;

  private constructor(build: Build, till: Till, port: number) {
    this.#build = build;
    this.till = till;
    this.port = port;
  }

  static async open(build: Build, options: Pick<TillOptions, "capture"> = {}): Promise<ConsoleShop> {
    const port = await freePort();
    const till = await Till.open({
      runs: "process",
      program: join(build.folder, "main.mjs"),
      settings: { listen: { port } },
      abandonAfterSeconds: 1,
      ...options,
    });
    await till.scannerReady();
    return new ConsoleShop(build, till, port);
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    await this.till.close();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get page(): Page {
    if (!this.#page) throw new Error("no browser is open");
    return this.#page;
  }

  /** A browser of its own, with nothing kept from before. */
  async browse(options: BrowserContextOptions = {}, url = this.url): Promise<Page> {
    const context = await this.#build.browser.newContext({
      viewport: { width: 1024, height: 768 },
      reducedMotion: "reduce",
      locale: "en-GB",
      ...options,
    });
    this.#contexts.push(context);
    const page = bePatient(await context.newPage());
    page.on("console", (message) => void this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => void this.complaints.push(error.message));
    this.#page = page;
    await page.goto(url);
    return page;
  }

  /** What `tillbridge console` prints. */
  async command(): Promise<{ address: string; code: string }> {
    const { stdout, code } = await runProgram(["console", "--config", this.till.configFile]);
    const address = /http:\S+/.exec(stdout)?.[0] ?? "";
    if (code !== 0 || address === "") throw new Error(`no code: ${stdout}`);
    return { address, code: address.split("#")[1] ?? "" };
  }

  /** Opened by the address that the command shows. */
  async enter(options: BrowserContextOptions = {}): Promise<Page> {
    const { address } = await this.command();
    const page = await this.browse(options, address);
    await this.key("lock").waitFor();
    await page.locator(".light", { hasText: /\(/ }).nth(5).waitFor();
    return page;
  }

  key(key: string): Locator {
    return this.page.locator(`[data-key="${key}"]`);
  }

  async says(text: string | RegExp, inside = "main"): Promise<void> {
    await this.page.locator(inside).getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** The words beside a light. */
  async light(name: string): Promise<string> {
    return (await this.page.locator(".light", { hasText: name }).first().locator("strong").textContent()) ?? "";
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(screenshots, `console-${name}.png`), fullPage: true });
  }

  /** What a blind or colour-blind person would stumble over; empty when all is well. */
  async barriers(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }

  /** Elements that stick out of the page at the side. */
  sidewaysOverflow(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("body *")]
        .filter((one) => one.checkVisibility() && one.getClientRects().length > 0)
        .filter((one) => !one.closest(".heard, .skip, svg"))
        .filter((one) => {
          const { left, right } = one.getBoundingClientRect();
          return (
            left < -0.5 ||
            right > innerWidth + 0.5 ||
            (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && getComputedStyle(one).display !== "inline")
          );
        })
        .map((one) => `${one.tagName} ${one.className} ${one.textContent?.slice(0, 40)}`),
    );
  }

  /** A sale that is paid when the power goes. The POS never comes back to it. */
  async loseReceipt(): Promise<void> {
    await this.till.pair();
    await this.till.start();
    await this.till.approve();
    await this.till.untilPayment("paid");
    await this.till.pullThePlug();
    await this.till.powerOn();
  }
}
