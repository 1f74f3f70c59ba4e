import type { World } from "../../world.ts";
import type { Writer } from "./writer.ts";

/** The till sells again within seconds of its disk being well. */
const retryMs = 5000;

/** Writes again and again while writing fails, so that health does not say so longer than it is true. */
export class WriteRetry {
  readonly #writer: Pick<Writer, "failure" | "append">;
  readonly #world: Pick<World, "sleep">;
  /** Ends the tries. Undefined while writing works. */
  #trying: AbortController | undefined;

  constructor(writer: Pick<Writer, "failure" | "append">, world: Pick<World, "sleep">) {
    this.#writer = writer;
    this.#world = world;
  }

  /** Writing has failed, or works again. */
  check(): void {
    if (this.#writer.failure === undefined) this.stop();
    else if (this.#trying === undefined) void this.#tryUntil((this.#trying = new AbortController()).signal);
  }

  /** Until the next failure: once the writer is closed there is none. */
  stop(): void {
    this.#trying?.abort();
    this.#trying = undefined;
  }

  async #tryUntil(stopped: AbortSignal): Promise<void> {
    for (;;) {
      await this.#world.sleep(retryMs, stopped);
      if (stopped.aborted) return;
      await this.#writer.append({ entries: [] }).catch(() => undefined);
    }
  }
}
