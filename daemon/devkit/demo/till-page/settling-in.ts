import type { Params } from "../../../protocol/methods.ts";
import type { PaymentMethod } from "../../../protocol/values.ts";
import type { TillPageStore } from "./state.ts";
import { type Parts, type TillCalls, troubleOf } from "./till.ts";

/** What an installer does once: pair the till with its code, and set up the payment method. */
export class SettlingIn {
  readonly #store: TillPageStore;
  readonly #till: TillCalls;

  constructor({ store, till }: Parts) {
    this.#store = store;
    this.#till = till;
  }

  async listen(): Promise<void> {
    await this.#trying(async () => {
      await this.#till.call("pairing.start", { timeoutSeconds: 120 });
      this.#store.change({ pairing: { step: "listening" } });
    });
  }

  async stopListening(): Promise<void> {
    this.#store.change({ pairing: { step: "idle" } });
    await this.#trying(() => this.#till.call("pairing.cancel", {}));
  }

  /** The scanner read a till's tag. */
  read(content: string): void {
    this.#store.change({ pairing: { step: "read", tag: content }, pairingTrouble: undefined });
  }

  /** The scanner read something else; the till goes on listening. */
  refused(message: string): void {
    this.#store.change({ pairingTrouble: { message, again: false } });
  }

  register(tag: string, locationDescription: string): Promise<void> {
    return this.#pair({ tag, locationDescription });
  }

  create(locationDescription: string): Promise<void> {
    return this.#pair({ create: true, locationDescription });
  }

  async #pair(what: Params<"pairing.register">): Promise<void> {
    const before = this.#store.state.pairing;
    this.#store.change({ pairing: { step: "working" } });
    await this.#trying(async () => this.#store.change({ till: await this.#till.call("pairing.register", what) }));
    this.#store.change({ pairing: this.#store.state.pairingTrouble ? before : { step: "idle" } });
  }

  async remove(): Promise<void> {
    await this.#trying(async () => this.#store.change({ till: await this.#till.call("pairing.remove", {}) }));
  }

  async saveMethod(method: PaymentMethod): Promise<void> {
    await this.#trying(async () => this.#store.change({ till: await this.#till.call("paymentMethod.set", method) }));
  }

  async #trying(action: () => Promise<unknown>): Promise<void> {
    this.#store.change({ pairingTrouble: undefined });
    try {
      await action();
    } catch (error) {
      this.#store.change({ pairingTrouble: troubleOf(error) });
    }
  }
}
