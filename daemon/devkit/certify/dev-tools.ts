import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** What is asked of the browser, and what it answers (Chrome DevTools Protocol 1.3). */
interface Answers {
  readonly "Browser.close": object;
  readonly "Browser.grantPermissions": object;
  readonly "Target.createTarget": { readonly targetId: string };
  readonly "Target.attachToTarget": { readonly sessionId: string };
  readonly "Target.closeTarget": object;
  readonly "Page.enable": object;
  readonly "Page.navigate": { readonly errorText?: string };
  readonly "Page.reload": object;
  readonly "Page.captureScreenshot": { readonly data: string };
  readonly "Runtime.evaluate": {
    readonly result: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
  };
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly result?: object;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
}

const end = "\0";

/** The browser's DevTools over the pipe that it was started with: no port that anybody else could connect to. */
export class DevTools {
  readonly #out: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new Map<string, () => void>();
  #begun = "";
  #lastId = 0;
  #isOver = false;

  constructor(browser: ChildProcess) {
    const [, , , out, from] = browser.stdio;
    // As `spawn` was told: both are pipes.
    this.#out = out as Writable;
    const input = from as Readable;
    this.#out.on("error", () => undefined);
    input.setEncoding("utf8");
    input.on("data", (text: string) => this.#read(text));
    browser.once("error", () => this.#end());
    browser.once("exit", () => this.#end());
  }

  /** Rejects with the browser's own words. */
  call<Method extends keyof Answers>(method: Method, params: object, sessionId?: string): Promise<Answers[Method]> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(new Error("the browser has ended"));
      this.#lastId += 1;
      // Browser and protocol come from the same maker: the answer is the one to this method.
      this.#waiting.set(this.#lastId, { resolve: (result) => resolve(result as Answers[Method]), reject });
      this.#out.write(JSON.stringify({ id: this.#lastId, method, params, ...(sessionId && { sessionId }) }) + end);
    });
  }

  /** Resolves when this happens next in this tab. */
  event(method: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#events.set(`${sessionId} ${method}`, resolve);
    });
  }

  #read(text: string): void {
    const [first = "", ...rest] = text.split(end);
    this.#begun += first;
    for (const next of rest) {
      this.#heard(JSON.parse(this.#begun) as Message); // by the protocol
      this.#begun = next;
    }
  }

  #heard({ id, method, sessionId, result, error }: Message): void {
    if (id === undefined) {
      const name = `${sessionId} ${method}`;
      this.#events.get(name)?.();
      this.#events.delete(name);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result ?? {});
  }

  #end(): void {
    this.#isOver = true;
    for (const { reject } of this.#waiting.values()) reject(new Error("the browser has ended"));
    this.#waiting.clear();
  }
}
