import { silentLogger } from "../../daemon/log/logger.ts";
import type { PaymentsOptions } from "../../daemon/payments/calls/context.ts";
import { Payments } from "../../daemon/payments/payments.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import type { Params } from "../../daemon/protocol/methods.ts";
import type { PaymentState, PaymentView } from "../../daemon/protocol/values.ts";
import type { Gateway } from "../../daemon/payments/ports/gateway.ts";
import { Bank, type Operation } from "./bank.ts";
import { Disk, type OpenDisk } from "./disk.ts";
import { Life, never } from "./life.ts";
import { VirtualWorld } from "./virtual-world.ts";

/** A request to MobilePay as it leaves the till. */
export interface Request {
  readonly operation: Operation;
  readonly reference: string;
  readonly key?: string;
  readonly body?: string;
}

export interface ShopOptions extends Partial<PaymentsOptions> {
  readonly seed?: number;
  /** Another till of the same sales unit. */
  readonly beside?: Shop;
  /** What else each life of the daemon is made of. */
  readonly parts?: (shop: Shop) => Partial<PaymentsOptions>;
  /** What must be there before payments are taken over. */
  readonly opened?: (shop: Shop) => Promise<void>;
}

/** A till with a disk, and MobilePay, in a virtual world: the real payment code on fake ports. The till can be killed. */
export class Shop {
  readonly world: VirtualWorld;
  readonly bank: Bank;
  readonly disk: Disk;
  /** What the pages were told; nothing is kept when `keepEvents` is false. */
  readonly events: BridgeEvent[] = [];
  keepEvents = true;
  onEvent: (event: BridgeEvent) => void = () => {};
  onRequest: (request: Request) => void = () => {};
  /** What MobilePay answered has come to this life of the till. */
  onAnswer: (request: Request, answer: object) => void = () => {};
  /** A new process has begun. */
  onBoot: (life: Life) => void = () => {};
  /** Requests of this life that have left and are not answered. */
  readonly underWay = new Set<Request>();
  /** The process answers pages. */
  ready = true;
  life = new Life();
  payments: Payments;
  journal: OpenDisk;
  readonly #options: ShopOptions;
  readonly #pages = new Map<string, AbortController>();
  #nextReady = Promise.withResolvers<void>();

  constructor({ seed = 1, beside, ...options }: ShopOptions = {}) {
    this.world = beside?.world ?? new VirtualWorld(seed);
    this.bank = beside?.bank ?? new Bank(this.world);
    if (!beside) this.bank.onLanded = (operation) => this.life.survives({ at: "call", phase: "landed", operation });
    this.disk = new Disk(this.world);
    this.#options = options;
    this.journal = this.disk.open(this.life);
    this.payments = this.#start();
  }

  #start(): Payments {
    const { life } = this;
    const { parts, opened: _, ...options } = this.#options;
    return new Payments({
      store: this.journal.store,
      gateway: this.#gateway(life),
      world: life.world(this.world),
      log: silentLogger,
      emit: (event) => {
        if (!life.alive) return;
        if (this.keepEvents) this.events.push(event);
        this.onEvent(event);
      },
      tillId: "kassa1",
      currency: "DKK",
      capture: "onApproval",
      abandonAfterMs: 30_000,
      saleIdMs: 86_400_000,
      mobilePayTime: { now: () => this.bank.now(), learn: () => Promise.resolve() },
      msisdnOf: (typed) => Promise.resolve(typed),
      isPaired: () => true,
      consumeCheckIn: () => undefined,
      ...options,
      ...parts?.(this),
    });
  }

  /** MobilePay as this life of the daemon reaches it: what is answered after its death reaches nobody. */
  #gateway(life: Life): Gateway {
    const { bank } = this;
    const lifeWorld = life.world(this.world);
    const send = async <Value extends object>(request: Request, call: () => Promise<Value>): Promise<Value> => {
      const { operation } = request;
      if (!life.alive) return never();
      this.onRequest(request);
      if (!life.survives({ at: "call", phase: "leaving", operation })) return never();
      this.underWay.add(request);
      const answer = await life.wait(call());
      this.underWay.delete(request);
      if (!life.survives({ at: "call", phase: "answered", operation })) return never();
      life.aheadMs = bank.now() - lifeWorld.monotonicMs();
      this.onAnswer(request, answer);
      return answer;
    };
    return {
      createBody: (order) => bank.createBody(order),
      amountBody: (amount) => bank.amountBody(amount),
      create: (call) => send({ operation: "create", ...call }, () => bank.create(call)),
      getPayment: (reference) => send({ operation: "look", reference }, () => bank.getPayment(reference)),
      cancel: (reference, key, onlyIfNotApproved) =>
        send({ operation: "cancel", reference, key }, () => bank.cancel(reference, key, onlyIfNotApproved)),
      capture: (call) => send({ operation: "capture", ...call }, () => bank.capture(call)),
      refund: (call) => send({ operation: "refund", ...call }, () => bank.refund(call)),
      wasApplied: (reference, key) =>
        send({ operation: "landed", reference, key }, () => bank.wasApplied(reference, key)),
    };
  }

  /** The process ends at once; what it sent to MobilePay is on its way. */
  kill(): void {
    this.life.kill();
    this.ready = false;
  }

  /** A new process on the same disk, after a kill or a power cut. */
  async boot({ powerCut = true } = {}): Promise<void> {
    this.kill();
    this.ready = false;
    this.disk.restart(powerCut);
    this.life = new Life();
    this.underWay.clear();
    this.onBoot(this.life);
    this.journal = this.disk.open(this.life);
    this.payments = this.#start();
    const { life, journal, payments } = this;
    await journal.ready;
    await this.#options.opened?.(this);
    await payments.resume();
    if (!life.alive) return;
    this.ready = true;
    this.#nextReady.resolve();
    this.#nextReady = Promise.withResolvers();
  }

  /** Resolves when the next process answers pages. */
  nextReady(): Promise<void> {
    return this.#nextReady.promise;
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
    if (!(await this.world.passUntil(() => done, 60_000))) throw new Error("nothing came of it within a minute");
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

/** A shop whose first payment, for the first sale, is approved and paid. */
export async function paidShop(shop = new Shop()): Promise<Shop> {
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve("kassa1-payment-1");
  await shop.until("paid");
  return shop;
}
