import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { fold } from "../payment/fold.ts";
import { type RecordedEvent, isOpen, type PaymentEvent } from "../payment/payment.ts";
import type { FoundCustomer } from "../payment/request-bodies.ts";
import { type PaymentStore, rowOf } from "../ports/store.ts";
import { PaymentProcess, type PaymentProcessOptions } from "./payment-process.ts";
import { blocksNewPayment } from "./standstill.ts";

interface PaymentProcessesOptions extends Pick<PaymentProcessOptions, "onChange"> {
  readonly store: PaymentStore;
  readonly world: World;
  /** Works on the payment until it is over. */
  readonly runLoop: (process: PaymentProcess) => Promise<void>;
}

/** It must not be forgotten while a call works with it or its loop runs. */
interface LoadedProcess {
  readonly process: PaymentProcess;
  refCount: number;
  loopRunning: boolean;
}

/**
 * The payments that are being worked on, one `PaymentProcess` each: never two for the same payment, or two refunds could be checked
 * against two different pasts. Those with nothing left to do are forgotten and read from the journal when needed again.
 */
export class PaymentProcesses {
  readonly #live = new Map<string, LoadedProcess>();
  readonly #loading = new Map<string, Promise<LoadedProcess | undefined>>();
  readonly #options: PaymentProcessesOptions;
  readonly #lifeBeganAtMs: number;

  constructor(options: PaymentProcessesOptions) {
    this.#options = options;
    this.#lifeBeganAtMs = options.world.monotonicMs();
  }

  /** Payments that are open or in use now. */
  live(): PaymentProcess[] {
    return [...this.#live.values()].map(({ process }) => process);
  }

  /** The payment with this id, if it is open or in use now. */
  find(paymentId: string | undefined): PaymentProcess | undefined {
    return paymentId === undefined ? undefined : this.#live.get(paymentId)?.process;
  }

  /** The payment that keeps this till from starting another. */
  blocking(): PaymentProcess | undefined {
    return this.live().find(blocksNewPayment);
  }

  /** The payment that a page shows and that waits for a customer to be found this way. */
  waitingFor(by: FoundCustomer["by"]): PaymentProcess | undefined {
    return this.live().findLast(
      ({ payment, isShown }) => payment.state === "waitingForCustomer" && payment.order.customer.by === by && isShown,
    );
  }

  /** Takes over what an earlier life of the daemon left open. */
  async recoverOpen(): Promise<PaymentProcess[]> {
    const recoveredAtStart: LoadedProcess[] = [];
    for (const paymentId of await this.#options.store.open()) {
      const loaded = await this.#load(paymentId, true);
      if (loaded) recoveredAtStart.push(loaded);
    }
    for (const loaded of recoveredAtStart) this.#ensureLoop(loaded);
    return recoveredAtStart.map(({ process }) => process);
  }

  /** Puts a new payment on disk. */
  append(paymentId: string, events: readonly PaymentEvent[]): Promise<readonly RecordedEvent[]> {
    const now = this.#options.world.now();
    const planned = fold(events.map((event) => ({ ...event, at: now })));
    return this.#options.store.append(paymentId, events, rowOf(planned));
  }

  /** Puts a new payment on disk and works with it. */
  async begin<Value>(
    paymentId: string,
    events: readonly PaymentEvent[],
    work: (process: PaymentProcess) => Promise<Value>,
  ): Promise<Value> {
    const recorded = await this.append(paymentId, events);
    return this.runWith(this.#create(recorded, false), work);
  }

  /** Works with a payment; undefined when there is none with this id. */
  async withPayment<Value>(
    paymentId: string,
    work: (process: PaymentProcess) => Promise<Value>,
  ): Promise<Value | undefined> {
    let loaded = await this.#find(paymentId);
    while (loaded && this.#live.get(paymentId) !== loaded) loaded = await this.#find(paymentId);
    return loaded && this.#work(loaded, work);
  }

  /** As `withPayment`, for a payment that must exist. */
  async withKnownPayment<Value>(paymentId: string, work: (process: PaymentProcess) => Promise<Value>): Promise<Value> {
    let known = false;
    const value = await this.withPayment(paymentId, (process) => {
      known = true;
      return work(process);
    });
    if (!known) throw new BridgeError(this.#options.store.inDoubt(paymentId) ? "OUTCOME_UNKNOWN" : "PAYMENT_NOT_FOUND");
    return value as Value; // `known` says that work ran
  }

  /** Keeps a payment while `work` runs and as long as it is open. */
  runWith<Value>(process: PaymentProcess, work: (process: PaymentProcess) => Promise<Value>): Promise<Value> {
    return this.#work(this.#loaded(process), work);
  }

  async #work<Value>(loaded: LoadedProcess, work: (process: PaymentProcess) => Promise<Value>): Promise<Value> {
    loaded.refCount += 1;
    try {
      return await work(loaded.process);
    } finally {
      loaded.refCount -= 1;
      this.#ensureLoop(loaded);
    }
  }

  #loaded(process: PaymentProcess): LoadedProcess {
    const known = this.#live.get(process.paymentId);
    if (known?.process === process) return known;
    const loaded = { process, refCount: 0, loopRunning: false };
    this.#live.set(process.paymentId, loaded);
    return loaded;
  }

  #find(paymentId: string): Promise<LoadedProcess | undefined> {
    const live = this.#live.get(paymentId);
    return live ? Promise.resolve(live) : this.#load(paymentId, false);
  }

  #load(paymentId: string, recoveredAtStart: boolean): Promise<LoadedProcess | undefined> {
    const underWay = this.#loading.get(paymentId);
    if (underWay) return underWay;
    const loading = this.#read(paymentId, recoveredAtStart).finally(() => this.#loading.delete(paymentId));
    this.#loading.set(paymentId, loading);
    return loading;
  }

  async #read(paymentId: string, recoveredAtStart: boolean): Promise<LoadedProcess | undefined> {
    const events = await this.#options.store.events(paymentId);
    const live = this.#live.get(paymentId);
    if (live || !events) return live;
    return this.#loaded(this.#create(events, recoveredAtStart));
  }

  #create(events: readonly RecordedEvent[], recoveredAtStart: boolean): PaymentProcess {
    const { store, world, onChange } = this.#options;
    const lifeBeganAtMs = this.#lifeBeganAtMs;
    return new PaymentProcess(fold(events), { store, world, recoveredAtStart, lifeBeganAtMs, onChange });
  }

  #ensureLoop(loaded: LoadedProcess): void {
    if (isOpen(loaded.process.payment) && !loaded.loopRunning) void this.#runLoop(loaded);
    this.#forgetIdle(loaded);
  }

  async #runLoop(loaded: LoadedProcess): Promise<void> {
    loaded.loopRunning = true;
    await this.#options.runLoop(loaded.process);
    loaded.loopRunning = false;
    this.#forgetIdle(loaded);
  }

  #forgetIdle({ process, refCount, loopRunning }: LoadedProcess): void {
    if (refCount === 0 && !loopRunning && !isOpen(process.payment)) this.#live.delete(process.paymentId);
  }
}
