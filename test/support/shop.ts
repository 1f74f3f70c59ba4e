import { silentLogger } from "../../daemon/logger.ts";
import { Payments, type PaymentsOptions } from "../../daemon/payments/payments.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import type { Params } from "../../daemon/protocol/methods.ts";
import type { PaymentState, PaymentView } from "../../daemon/protocol/values.ts";
import { Bank } from "./bank.ts";
import { Disk, Life } from "./disk.ts";
import { VirtualWorld } from "./virtual-world.ts";

/** A till with a disk, and MobilePay, in a virtual world: the real payment code on fake ports. The till can be killed. */
export class Shop {
  readonly world: VirtualWorld;
  readonly bank: Bank;
  readonly disk: Disk;
  readonly events: BridgeEvent[] = [];
  onEvent: (event: BridgeEvent) => void = () => {};
  life = new Life();
  payments: Payments;
  readonly #options: Partial<PaymentsOptions>;
  readonly #pages = new Map<string, AbortController>();

  constructor({ seed = 1, ...options }: { seed?: number } & Partial<PaymentsOptions> = {}) {
    this.world = new VirtualWorld(seed);
    this.bank = new Bank(this.world);
    this.disk = new Disk(this.world);
    this.#options = options;
    this.payments = this.#start();
  }

  #start(): Payments {
    const { life } = this;
    return new Payments({
      store: this.disk.storeFor(life),
      gateway: life.adapter(this.bank),
      world: life.world(this.world),
      log: silentLogger,
      emit: (event) => {
        if (!life.alive) return;
        this.events.push(event);
        this.onEvent(event);
      },
      tillId: "kassa1",
      currency: "DKK",
      capture: "onApproval",
      abandonAfterMs: 30_000,
      paired: () => true,
      takeCheckIn: () => undefined,
      ...this.#options,
    });
  }

  /** Power lost: nothing of the process goes on. */
  kill(): void {
    this.life.kill();
  }

  /** Power is back: a new process on the same disk. */
  async boot(): Promise<void> {
    this.kill();
    this.life = new Life();
    this.payments = this.#start();
    await this.payments.resume();
  }

  /** Power off and on again. */
  restart(): Promise<void> {
    return this.#inTime(this.boot());
  }

  /** A page that is connected until it leaves. */
  page(id = "page"): { id: string; signal: AbortSignal } {
    const known = this.#pages.get(id) ?? new AbortController();
    this.#pages.set(id, known);
    return { id, signal: known.signal };
  }

  leave(id = "page"): void {
    this.#pages.get(id)?.abort();
    this.#pages.delete(id);
  }

  /** Starts a payment of 49.90 for a sale; `page` is the session that shows it. */
  start(change: Partial<Params<"payment.start">> = {}, page = "page"): Promise<PaymentView> {
    const amount = { currency: "DKK" as const, value: 4990 };
    return this.#inTime(
      this.payments.start(
        {
          paymentId: "payment-1",
          sale: { saleId: "sale-1", total: amount },
          amount,
          customer: { by: "screenQr" },
          ...change,
        },
        this.page(page),
      ),
    );
  }

  /** Does something that needs time to pass before it is answered. */
  async act<Value>(act: (payments: Payments) => Promise<Value>): Promise<Value> {
    return this.#inTime(act(this.payments));
  }

  async #inTime<Value>(promise: Promise<Value>): Promise<Value> {
    let done = false;
    const end = () => {
      done = true;
    };
    promise.then(end, end);
    await this.world.passUntil(() => done, 60_000);
    return promise;
  }

  /** Lets time pass until the payment is in this state, at most 20 minutes. */
  async until(state: PaymentState, paymentId = "payment-1"): Promise<PaymentView> {
    let last: PaymentView | undefined;
    for (const seen of this.#changes(paymentId)) last = seen;
    await this.world.passUntil(() => {
      for (const seen of this.#changes(paymentId)) last = seen;
      return last?.state === state;
    }, 1_200_000);
    if (last?.state !== state) throw new Error(`waited for ${state}, got to ${last?.state}`);
    return last;
  }

  #changes(paymentId: string): PaymentView[] {
    return this.events.flatMap(({ event, params }) =>
      event === "payment.changed" && params.payment.paymentId === paymentId ? [params.payment] : [],
    );
  }

  /** The states that were told about a payment, without repeats in a row. */
  states(paymentId = "payment-1"): PaymentState[] {
    return this.#changes(paymentId)
      .map(({ state }) => state)
      .filter((state, index, all) => state !== all[index - 1]);
  }
}
