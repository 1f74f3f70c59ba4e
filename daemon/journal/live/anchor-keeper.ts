import type { Logger } from "../../log/logger.ts";
import { writeAnchor } from "../rows/anchor.ts";
import type { Tail } from "../rows/chain.ts";
import { codeOf } from "../sqlite/failure.ts";

/** How far the anchor may lag behind the journal. It is written beside the money's path, never in it. */
const delayMs = 2000;

/** Keeps the anchor close behind the journal's end. */
export class AnchorKeeper {
  readonly #file: string;
  readonly #log: Logger;
  #tail: Tail | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** The journal now durably ends here. */
  note(tail: Tail): void {
    this.#tail = tail;
    this.#timer ??= setTimeout(() => void this.write(false), delayMs).unref();
  }

  /** Writes the anchor now. A failure is not the payment's: it is logged, and the next write comes soon. */
  write(clean: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write(clean));
    return this.#writing;
  }

  async #write(clean: boolean): Promise<void> {
    if (this.#tail === undefined) return;
    try {
      await writeAnchor(this.#file, { ...this.#tail, clean });
    } catch (error) {
      this.#log.warn("the journal's anchor could not be written", { code: codeOf(error) });
    }
  }
}
