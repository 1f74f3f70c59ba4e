import { errorCode } from "../../errno.ts";
import type { Logger } from "../../log/logger.ts";
import { SerialQueue } from "../../serial-queue.ts";
import type { World } from "../../world.ts";
import { writeAnchor } from "../rows/anchor.ts";
import type { Tail } from "../rows/chain.ts";

/** How far the anchor may lag behind the journal. It is written beside the money's path, never in it. */
const delayMs = 2000;

/** Keeps the anchor close behind the journal's end. */
export class AnchorKeeper {
  readonly #file: string;
  readonly #world: Pick<World, "sleep">;
  readonly #log: Logger;
  readonly #writes = new SerialQueue();
  #tail: Tail | undefined;
  /** Ends the wait for the next write. */
  #waiting: AbortController | undefined;

  constructor(file: string, world: Pick<World, "sleep">, log: Logger) {
    this.#file = file;
    this.#world = world;
    this.#log = log;
  }

  /** The journal now durably ends here. */
  update(tail: Tail): void {
    this.#tail = tail;
    if (this.#waiting === undefined) void this.#writeSoon((this.#waiting = new AbortController()).signal);
  }

  /** Writes the anchor now. A failure is not the payment's: it is logged, and the next write comes soon. */
  write(clean: boolean): Promise<void> {
    this.#waiting?.abort();
    this.#waiting = undefined;
    return this.#writes.run(() => this.#write(clean));
  }

  async #writeSoon(stopped: AbortSignal): Promise<void> {
    await this.#world.sleep(delayMs, stopped);
    if (!stopped.aborted) await this.write(false);
  }

  async #write(clean: boolean): Promise<void> {
    if (this.#tail === undefined) return;
    try {
      await writeAnchor(this.#file, { ...this.#tail, clean });
    } catch (error) {
      this.#log.warn("the journal's anchor could not be written", { code: errorCode(error) });
    }
  }
}
