import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { fold } from "../payment/fold.ts";
import { type Happened, isOpen, type PaymentEvent } from "../payment/payment.ts";
import type { FoundCustomer } from "../payment/request-bodies.ts";
import { occupiesTill } from "../payment/rules.ts";
import { type PaymentStore, rowOf } from "../ports/store.ts";
import { Run, type RunOptions } from "./run.ts";

interface RunsOptions extends Pick<RunOptions, "onChange"> {
  readonly store: PaymentStore;
  readonly world: World;
  /** Works on the payment until it is over. */
  readonly drive: (run: Run) => Promise<void>;
}

/** It must not be forgotten while somebody works with it or its loop runs. */
interface Loaded {
  readonly run: Run;
  refCount: number;
  loopRunning: boolean;
}

/**
 * The payments that are being worked on, one `Run` each: never two for the same payment, or two refunds could be checked
 * against two different pasts. Those with nothing left to do are forgotten and read from the journal when needed again.
 */
export class Runs {
  readonly #live = new Map<string, Loaded>();
  readonly #loading = new Map<string, Promise<Loaded | undefined>>();
  readonly #options: RunsOptions;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** Payments that are open or in use now. */
  live(): Run[] {
    return [...this.#live.values()].map(({ run }) => run);
  }

  /** The payment that keeps this till from starting another. */
  blocking(): Run | undefined {
    return this.live().find((run) => occupiesTill(run.payment, run.isShown || !run.inherited));
  }

  /** The payment that a page shows and that waits for a customer to be found this way. */
  waitingFor(by: FoundCustomer["by"]): Run | undefined {
    return this.live().findLast(
      ({ payment, isShown }) => payment.state === "waitingForCustomer" && payment.order.customer.by === by && isShown,
    );
  }

  /** Takes over what an earlier life of the daemon left open. */
  async inherit(): Promise<Run[]> {
    const inherited: Loaded[] = [];
    for (const paymentId of await this.#options.store.open()) {
      const loaded = await this.#load(paymentId, true);
      if (loaded) inherited.push(loaded);
    }
    for (const loaded of inherited) this.#keepDriving(loaded);
    return inherited.map(({ run }) => run);
  }

  /** Puts a new payment on disk. */
  append(paymentId: string, events: readonly PaymentEvent[]): Promise<readonly Happened[]> {
    const now = this.#options.world.now();
    const planned = fold(events.map((event) => ({ ...event, at: now })));
    return this.#options.store.append(paymentId, events, rowOf(planned));
  }

  /** Puts a new payment on disk and works with it. */
  async begin<Value>(
    paymentId: string,
    events: readonly PaymentEvent[],
    work: (run: Run) => Promise<Value>,
  ): Promise<Value> {
    const happened = await this.append(paymentId, events);
    return this.hold(this.#make(happened, false), work);
  }

  /** Works with a payment; undefined when there is none with this id. */
  async use<Value>(paymentId: string, work: (run: Run) => Promise<Value>): Promise<Value | undefined> {
    let loaded = await this.#find(paymentId);
    while (loaded && this.#live.get(paymentId) !== loaded) loaded = await this.#find(paymentId);
    return loaded && this.#work(loaded, work);
  }

  /** As `use`, for a payment that must exist. */
  async useKnown<Value>(paymentId: string, work: (run: Run) => Promise<Value>): Promise<Value> {
    let known = false;
    const value = await this.use(paymentId, (run) => {
      known = true;
      return work(run);
    });
    if (!known) throw new BridgeError("PAYMENT_NOT_FOUND");
    return value as Value; // `known` says that work ran
  }

  /** Keeps a payment while `work` runs and as long as it is open. */
  hold<Value>(run: Run, work: (run: Run) => Promise<Value>): Promise<Value> {
    return this.#work(this.#loaded(run), work);
  }

  async #work<Value>(loaded: Loaded, work: (run: Run) => Promise<Value>): Promise<Value> {
    loaded.refCount += 1;
    try {
      return await work(loaded.run);
    } finally {
      loaded.refCount -= 1;
      this.#keepDriving(loaded);
    }
  }

  #loaded(run: Run): Loaded {
    const known = this.#live.get(run.paymentId);
    if (known?.run === run) return known;
    const loaded = { run, refCount: 0, loopRunning: false };
    this.#live.set(run.paymentId, loaded);
    return loaded;
  }

  #find(paymentId: string): Promise<Loaded | undefined> {
    const live = this.#live.get(paymentId);
    return live ? Promise.resolve(live) : this.#load(paymentId, false);
  }

  #load(paymentId: string, inherited: boolean): Promise<Loaded | undefined> {
    const under = this.#loading.get(paymentId);
    if (under) return under;
    const loading = this.#read(paymentId, inherited).finally(() => this.#loading.delete(paymentId));
    this.#loading.set(paymentId, loading);
    return loading;
  }

  async #read(paymentId: string, inherited: boolean): Promise<Loaded | undefined> {
    const events = await this.#options.store.events(paymentId);
    const live = this.#live.get(paymentId);
    if (live || !events) return live;
    return this.#loaded(this.#make(events, inherited));
  }

  #make(events: readonly Happened[], inherited: boolean): Run {
    const { store, world, onChange } = this.#options;
    return new Run(fold(events), { store, world, inherited, onChange });
  }

  #keepDriving(loaded: Loaded): void {
    if (isOpen(loaded.run.payment) && !loaded.loopRunning) void this.#driveToEnd(loaded);
    this.#forgetIdle(loaded);
  }

  async #driveToEnd(loaded: Loaded): Promise<void> {
    loaded.loopRunning = true;
    await this.#options.drive(loaded.run);
    loaded.loopRunning = false;
    this.#forgetIdle(loaded);
  }

  #forgetIdle({ run, refCount, loopRunning }: Loaded): void {
    if (refCount === 0 && !loopRunning && !isOpen(run.payment)) this.#live.delete(run.paymentId);
  }
}
