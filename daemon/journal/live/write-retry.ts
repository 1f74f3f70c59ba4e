import type { Writer } from "./writer.ts";

const betweenMs = 5000;

/** Writes again and again while writing fails, so that health does not say so longer than it is true. */
export class SecondTry {
  readonly #writer: Pick<Writer, "failure" | "append">;
  #timer: NodeJS.Timeout | undefined;

  constructor(writer: Pick<Writer, "failure" | "append">) {
    this.#writer = writer;
  }

  /** Writing has failed, or works again. */
  look(): void {
    if (this.#writer.failure === undefined) this.stop();
    else this.#timer ??= setTimeout(() => void this.#try(), betweenMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #try(): Promise<void> {
    await this.#writer.append({ entries: [] }).catch(() => undefined);
    this.#timer = undefined;
    this.look();
  }
}
