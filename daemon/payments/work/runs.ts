import { BridgeError } from "../../protocol/errors.ts";
import { type fold, isOpen } from "../payment/payment.ts";
import type { Run } from "./run.ts";
import type { PaymentStore } from "../ports/store.ts";

/**
 * The payments that are being worked on, one `Run` each: never two for the same payment, or two refunds could be checked
 * against two different pasts. Those with nothing left to do are forgotten and read from the journal when needed again.
 */
export class Runs {
  readonly #live = new Map<string, Run>();
  readonly #loading = new Map<string, Promise<Run | undefined>>();
  readonly #store: PaymentStore;
  readonly #make: (events: Parameters<typeof fold>[0], inherited: boolean) => Run;
  readonly #drive: (run: Run) => Promise<void>;

  constructor(
    store: PaymentStore,
    make: (events: Parameters<typeof fold>[0], inherited: boolean) => Run,
    drive: (run: Run) => Promise<void>,
  ) {
    this.#store = store;
    this.#make = make;
    this.#drive = drive;
  }

  /** Payments that are open or in use now. */
  live(): Run[] {
    return [...this.#live.values()];
  }

  /** Takes over what an earlier life of the daemon left open. */
  async inherit(): Promise<Run[]> {
    const runs: Run[] = [];
    for (const paymentId of await this.#store.open()) {
      const run = await this.#load(paymentId, true);
      if (run) runs.push(run);
    }
    for (const run of runs) this.#keepDriving(run);
    return runs;
  }

  /** Works with a payment; undefined when there is none with this id. */
  async use<Value>(paymentId: string, work: (run: Run) => Promise<Value>): Promise<Value | undefined> {
    let run = await this.#find(paymentId);
    while (run && this.#live.get(paymentId) !== run) run = await this.#find(paymentId);
    return run && this.hold(run, work);
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

  /** Takes a new payment on and keeps it while `work` runs and as long as it is open. */
  async hold<Value>(run: Run, work: (run: Run) => Promise<Value>): Promise<Value> {
    this.#live.set(run.paymentId, run);
    run.users += 1;
    try {
      return await work(run);
    } finally {
      run.users -= 1;
      this.#keepDriving(run);
    }
  }

  #find(paymentId: string): Promise<Run | undefined> {
    const live = this.#live.get(paymentId);
    return live ? Promise.resolve(live) : this.#load(paymentId, false);
  }

  #load(paymentId: string, inherited: boolean): Promise<Run | undefined> {
    const under = this.#loading.get(paymentId);
    if (under) return under;
    const loading = this.#read(paymentId, inherited).finally(() => this.#loading.delete(paymentId));
    this.#loading.set(paymentId, loading);
    return loading;
  }

  async #read(paymentId: string, inherited: boolean): Promise<Run | undefined> {
    const events = await this.#store.events(paymentId);
    const live = this.#live.get(paymentId);
    if (live || !events) return live;
    const run = this.#make(events, inherited);
    this.#live.set(paymentId, run);
    return run;
  }

  #keepDriving(run: Run): void {
    if (isOpen(run.payment) && !run.driven) void this.#driveToEnd(run);
    if (run.idle) this.#live.delete(run.paymentId);
  }

  async #driveToEnd(run: Run): Promise<void> {
    run.driven = true;
    await this.#drive(run);
    run.driven = false;
    if (run.idle) this.#live.delete(run.paymentId);
  }
}
