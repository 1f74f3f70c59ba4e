import type { Happened, PaymentEvent } from "../../daemon/payments/payment.ts";
import type { PaymentQuery, PaymentRow, PaymentStore } from "../../daemon/payments/store.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import type { World } from "../../daemon/world.ts";

/** A process that can be killed: after that nothing it waits for ever comes. */
export class Life {
  alive = true;
  readonly #died = Promise.withResolvers<void>();
  /** Resolves when the process is killed. */
  readonly death = this.#died.promise;
  /** Kills when this many more durable writes were made (after the write, before its caller learns of it), or before the write. */
  killAtWrite: { left: number; before: boolean } | undefined;

  kill(): void {
    this.alive = false;
    this.#died.resolve();
  }

  async wait<Value>(promise: Promise<Value>): Promise<Value> {
    const value = await promise;
    return this.alive ? value : never();
  }

  world(world: World): World {
    return {
      now: () => world.now(),
      monotonicMs: () => world.monotonicMs(),
      uuid: () => world.uuid(),
      chance: () => world.chance(),
      sleep: (ms, signal) => this.wait(world.sleep(ms, signal)),
    };
  }

  /** An adapter whose every asynchronous answer is lost when the process is dead. */
  adapter<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        return (...parameters: unknown[]) => {
          if (!this.alive) return never();
          const result = member.apply(target, parameters) as unknown;
          return result instanceof Promise ? this.wait(result) : result;
        };
      },
    });
  }
}

function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}

/** What survives a power cut: the payments' part of the journal, in memory. */
export class Disk {
  /** How long a synced commit takes. */
  writeMs = 2;
  /** While set, every write fails. */
  broken = false;
  readonly payments = new Map<string, Happened[]>();
  readonly rows = new Map<string, PaymentRow>();
  readonly #refunds = new Map<string, string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  storeFor(life: Life): PaymentStore {
    let queue: Promise<unknown> = Promise.resolve();
    const append: PaymentStore["append"] = (paymentId, events, row) => {
      const turn = queue.then(() => this.#write(life, paymentId, events, row));
      queue = turn.catch(() => undefined);
      return turn;
    };
    return life.adapter<PaymentStore>({
      append,
      events: async (paymentId) => this.payments.get(paymentId),
      open: async () => [...this.rows].filter(([, row]) => row.open).map(([paymentId]) => paymentId),
      find: async (by) => this.#find(by),
      list: async (query) => this.#list(query),
    });
  }

  async #write(
    life: Life,
    paymentId: string,
    events: readonly PaymentEvent[],
    row: PaymentRow,
  ): Promise<readonly Happened[]> {
    await this.#world.sleep(this.writeMs);
    const kill = life.killAtWrite;
    const dies = kill !== undefined && --kill.left < 0;
    if (!life.alive || (dies && kill.before)) return this.#die(life);
    if (this.broken) throw new BridgeError("JOURNAL_FAILED");
    const happened = events.map((event) => ({ ...event, at: this.#world.now() }));
    this.payments.set(paymentId, [...(this.payments.get(paymentId) ?? []), ...happened]);
    this.rows.set(paymentId, row);
    for (const refundId of row.refundIds) this.#refunds.set(refundId, paymentId);
    return dies ? this.#die(life) : happened;
  }

  #die(life: Life): Promise<never> {
    life.kill();
    return never();
  }

  #find(by: Parameters<PaymentStore["find"]>[0]): string | undefined {
    if ("refundId" in by) return this.#refunds.get(by.refundId);
    const matches = (row: PaymentRow) =>
      "reference" in by ? row.reference === by.reference : row.receiptNumber === by.receiptNumber;
    return [...this.rows].findLast(([, row]) => matches(row))?.[0];
  }

  #list({ saleId, receiptNumber, state, from, to, limit }: PaymentQuery) {
    const matches = (row: PaymentRow) =>
      (saleId === undefined || row.saleId === saleId) &&
      (receiptNumber === undefined || row.receiptNumber === receiptNumber) &&
      (state === undefined || row.state === state) &&
      (from === undefined || row.startedAt >= from) &&
      (to === undefined || row.startedAt <= to);
    const found = [...this.rows].filter(([, row]) => matches(row)).map(([paymentId]) => paymentId);
    return { paymentIds: found.toReversed().slice(0, limit) };
  }
}
