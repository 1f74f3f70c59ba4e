import { type DeviceConnection, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";
import { createReadQueue, type ReadQueue } from "../../drivers/read-queue.ts";

/** A driver that does what the test says, good or bad. */
export class FakeDriver implements Driver {
  readonly name = "fake";
  readonly kind = "scanner";
  /** How often it was opened, in vain or not. */
  opens = 0;
  closes = 0;
  /** Thrown by the next openings while it is set. */
  refusal: Error | undefined;
  hangsOnOpen = false;
  hangsOnClose = false;
  #queue: ReadQueue = createReadQueue({ monotonicMs: () => 0 });
  #arrived = Promise.withResolvers<void>();

  async open(signal: AbortSignal): Promise<DeviceConnection> {
    this.opens += 1;
    if (this.refusal) throw this.refusal;
    if (this.hangsOnOpen) await new Promise(() => {});
    this.#queue = createReadQueue({ monotonicMs: () => 0 });
    const queue = this.#queue;
    return {
      name: "Fake 1",
      identity: "fake",
      reads: () => queue.reads(signal),
      close: async () => {
        this.closes += 1;
        if (this.hangsOnClose) await new Promise(() => {});
      },
    };
  }

  read(...reads: DeviceRead[]): void {
    this.#queue.push(reads);
  }

  lose(error: Error = new DeviceLost("unplugged")): void {
    this.#queue.end(error);
  }

  endByItself(): void {
    this.#queue.end();
  }

  arrive(): void {
    this.refusal = undefined;
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  arrival(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    return Promise.race([this.#arrived.promise, aborted.promise]);
  }
}
