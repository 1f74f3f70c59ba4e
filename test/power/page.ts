import {
  type BridgeClient,
  BridgeCallError,
  type CallableMethod,
  type CallErrorCode,
  connect,
  type Params,
  type Result,
  type StampedEvent,
} from "../../daemon/protocol/client.ts";
import type { Memory } from "./memory.ts";

export interface PageOptions {
  readonly port: number;
  readonly token: string;
  readonly memory: Memory;
  /** Each event as it comes. */
  readonly onEvent: (event: StampedEvent) => void;
  readonly onRefused: (code: CallErrorCode) => void;
}

const connectMs = 5_000;
const answerMs = 15_000;

/** A POS page that is connected to one life of the daemon. What it is told goes into the memory. */
export class Page {
  readonly #options: PageOptions;
  #client: BridgeClient | undefined;
  #news = Promise.withResolvers<void>();
  #isClosed = false;

  private constructor(options: PageOptions) {
    this.#options = options;
  }

  static async open(options: PageOptions): Promise<Page> {
    const page = new Page(options);
    try {
      await page.#connect();
      return page;
    } catch (error) {
      page.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The page is closed and opened again: nobody shows a sale until it is taken up. */
  async reload(): Promise<void> {
    this.#client?.close();
    await this.#connect();
  }

  async #connect(): Promise<void> {
    const { port, token, memory, onEvent } = this.#options;
    const ready = Promise.withResolvers<void>();
    this.#client = connect({
      url: `ws://127.0.0.1:${port}/v1`,
      token,
      client: { name: "crash test", version: "1" },
      ...(memory.seq !== undefined && { afterSeq: memory.seq }),
      onState: (state) => {
        if (state.name !== "ready") return;
        memory.greeted(state.hello.seq);
        ready.resolve();
      },
      onEvent: (event) => this.#heard(event, onEvent),
    });
    await Promise.race([ready.promise, this.#pause(connectMs)]);
    if (this.#client?.state.name !== "ready") throw new PageGone();
  }

  #heard(event: StampedEvent, onEvent: PageOptions["onEvent"]): void {
    if (this.#isClosed) return;
    const { memory } = this.#options;
    memory.toldSeq(event.params.seq);
    if (event.event === "payment.changed") memory.heard(event.params.payment);
    if (event.event === "refund.changed") {
      const { paymentId, refundId, state } = event.params.refund;
      const refund = memory.find(paymentId)?.refunds.find((one) => one.refundId === refundId);
      if (refund && state !== "refunding") refund.over = true;
    }
    onEvent(event);
    this.#wake();
  }

  /** Rejects with `PageGone` when the daemon is dead, with `BridgeCallError` when it refuses. */
  async call<Name extends CallableMethod>(method: Name, params: Params<Name>): Promise<Result<Name>> {
    if (this.#isClosed || !this.#client) throw new PageGone();
    try {
      return await this.#client.call(method, params, { connectMs, answerMs });
    } catch (error) {
      if (this.#isClosed || !(error instanceof BridgeCallError)) throw new PageGone();
      this.#options.onRefused(error.code);
      throw error;
    }
  }

  /** Until something is told, or a while. */
  async news(msMax: number): Promise<void> {
    if (this.#isClosed) throw new PageGone();
    await Promise.race([this.#news.promise, this.#pause(msMax)]);
    if (this.#isClosed) throw new PageGone();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  close(): void {
    this.#isClosed = true;
    this.#client?.close();
    this.#wake();
  }
}

/** The daemon died under the page. */
export class PageGone extends Error {
  constructor() {
    super("the daemon is gone");
    this.name = "PageGone";
  }
}
