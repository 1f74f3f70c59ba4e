import type { World } from "../../world.ts";
import { type BrowserProcess, type Tab, TabLeft } from "./browser.ts";
import { Heard, type PosCommand, type Pos, type PosReply } from "./pos.ts";
import { withDeadline } from "../../deadline.ts";

export interface PagePosOptions {
  readonly browser: BrowserProcess;
  readonly address: string;
  /** The till that the page is to sell at. */
  readonly till: { readonly url: string; readonly token: string };
  readonly world: World;
  readonly waitMs: number;
}

/** What a page has for us (docs/certify.md). */
const hook = "tillbridgeCertify";
const lookEveryMs = 50;
/** A page may load itself anew when it is set up for another till. */
const connectsMax = 3;

/** A POS as a page in a real browser, told what to do by its `window.tillbridgeCertify`. */
export class PagePos implements Pos {
  readonly #options: PagePosOptions;
  readonly #heard: Heard;
  #tab: Tab | undefined;

  constructor(options: PagePosOptions) {
    this.#options = options;
    this.#heard = new Heard(options.waitMs);
  }

  async start(): Promise<void> {
    const { browser, address } = this.#options;
    this.#tab = await browser.open(address).catch((error: unknown) => {
      throw new Error(`the page cannot be opened: ${reasonOf(error)}`, { cause: error });
    });
    await this.#connect();
  }

  tell(order: PosCommand): void {
    void this.#do(order).then(
      (said) => order.do !== "cancel" && this.#heard.add(said),
      () => undefined,
    );
  }

  said(id: string): Promise<PosReply | undefined> {
    return this.#heard.about(id);
  }

  async reload(): Promise<void> {
    await this.#tab?.reload();
    await this.#connect();
  }

  async kill(): Promise<void> {
    await this.#tab?.close();
    this.#tab = undefined;
  }

  async picture(): Promise<Uint8Array> {
    return (await this.#tab?.picture()) ?? new Uint8Array();
  }

  close(): Promise<void> {
    return this.#options.browser.close();
  }

  /** What the page says came of it. Rejects when the page went away: then it will be told again. */
  async #do(order: PosCommand): Promise<PosReply> {
    const ids = {
      ...("saleId" in order && { saleId: order.saleId }),
      ...("refundId" in order && { refundId: order.refundId }),
    };
    try {
      const said = await this.#tab?.run(`${hook}(${JSON.stringify(order)})`);
      return { ...(typeof said === "object" && said), ...ids };
    } catch (error) {
      if (error instanceof TabLeft) throw error;
      return { ...ids, failed: reasonOf(error) };
    }
  }

  async #connect(): Promise<void> {
    for (let times = 1; ; times += 1) {
      await this.#hasHook();
      try {
        await this.#inTime(`${hook}(${JSON.stringify({ do: "connect", ...this.#options.till })})`);
        return;
      } catch (error) {
        if (error instanceof TabLeft && times < connectsMax) continue;
        throw new Error(`the page does not connect to the till: ${reasonOf(error)}`, { cause: error });
      }
    }
  }

  /** The page may take its time to load. */
  async #hasHook(): Promise<void> {
    const { world, waitMs } = this.#options;
    for (const end = world.monotonicMs() + waitMs; world.monotonicMs() < end; await world.sleep(lookEveryMs)) {
      const there = await this.#tab?.run(`typeof ${hook} === "function"`).catch(() => false);
      if (there === true) return;
    }
    throw new Error(`the page has no window.${hook} (docs/certify.md)`);
  }

  async #inTime(script: string): Promise<void> {
    const { world, waitMs } = this.#options;
    if (!this.#tab) return;
    await withDeadline(world, waitMs, this.#tab.run(script), () => {
      throw new Error("no answer in time");
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "it failed";
}
