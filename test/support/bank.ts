import type {
  Answer,
  Created,
  Gateway,
  KeyedCall,
  NotFound,
  Refused,
  Snapshot,
  Unknown,
} from "../../daemon/payments/gateway.ts";
import type { Money } from "../../daemon/protocol/values.ts";
import type { World } from "../../daemon/world.ts";

/** A payment as MobilePay keeps it: the truth about the money. */
export interface Account {
  readonly reference: string;
  readonly amount: Money;
  state: Snapshot["state"];
  authorized: number;
  cancelled: number;
  captured: number;
  refunded: number;
  readonly landed: Set<string>;
  readonly expiresAtMs: number;
}

export type Operation = "create" | "look" | "cancel" | "capture" | "refund" | "landed";

/**
 * What the network and the platform do to one call. `late` and `doubled` requests take effect (again) up to `lateMs` after the
 * caller has given up.
 */
export type Fate =
  | { readonly kind: "ok"; readonly latencyMs: number }
  | { readonly kind: "lostBefore" | "lostAfter" | "busy"; readonly latencyMs: number }
  | { readonly kind: "late" | "doubled"; readonly latencyMs: number; readonly lateMs: number }
  | { readonly kind: "lie"; readonly latencyMs: number; readonly lie: (truth: Snapshot) => Snapshot };

const expiryMs = 600_000;
const deadlineMs = 10_000;

/** MobilePay in memory: its states, amounts and idempotency, behind a network whose behaviour `fate` decides call by call. */
export class Bank implements Gateway {
  readonly accounts = new Map<string, Account>();
  /** Every request that took effect, for the tests to count. */
  readonly effects: { operation: Operation; reference: string; key?: string }[] = [];
  onCreated: (account: Account) => void = () => {};
  fate: (operation: Operation, reference: string) => Fate = () => ({ kind: "ok", latencyMs: 5 });
  /** Codes with which the platform refuses the next calls of an operation, first come first served. */
  readonly refusals: { operation: Operation; code: number }[] = [];
  /** Decides whether the platform refuses a call for good, and with which code. */
  refuse: (operation: Operation) => number | undefined = () => undefined;
  readonly #answers = new Map<string, { body: string; answer: Answer<Snapshot> }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  createBody(order: Parameters<Gateway["createBody"]>[0]): string {
    return JSON.stringify({ reference: order.reference, amount: order.amount, customer: order.customer });
  }

  amountBody(amount: Money): string {
    return JSON.stringify({ modificationAmount: amount });
  }

  async create(call: KeyedCall): Promise<Answer<Created>> {
    const answer = await this.#over<Snapshot>("create", call.reference, () =>
      this.#once("create", call, () => this.#create(call)),
    );
    if (answer.kind === "refused" && answer.mobilePayCode === 4150) return this.#adopt(call);
    if (answer.kind !== "ok") return answer;
    return {
      kind: "ok" as const,
      value: { reference: call.reference, qrContent: `https://qr.example/${call.reference}` },
    };
  }

  look(reference: string) {
    return this.#over<Snapshot, NotFound>("look", reference, () => this.#seen(reference));
  }

  cancel(reference: string, _key: string, onlyIfNotApproved: boolean) {
    return this.#over<Snapshot, NotFound>("cancel", reference, () => this.#cancel(reference, onlyIfNotApproved));
  }

  capture(call: KeyedCall) {
    return this.#over<Snapshot>("capture", call.reference, () =>
      this.#once("capture", call, () => this.#capture(call)),
    );
  }

  refund(call: KeyedCall) {
    return this.#over<Snapshot>("refund", call.reference, () => this.#once("refund", call, () => this.#refund(call)));
  }

  async landed(reference: string, key: string): Promise<Answer<boolean>> {
    const answer = await this.#over<Snapshot, NotFound>("landed", reference, () => this.#seen(reference));
    if (answer.kind !== "ok") return answer.kind === "notFound" ? refused(5090) : answer;
    return { kind: "ok", value: this.accounts.get(reference)?.landed.has(key) ?? false };
  }

  /** The customer's thumb. Does nothing when it comes too late. */
  approve(reference: string): void {
    const account = this.#open(reference);
    if (account) Object.assign(account, { state: "AUTHORIZED", authorized: account.amount.value });
  }

  reject(reference: string): void {
    const account = this.#open(reference);
    if (account) account.state = "ABORTED";
  }

  #open(reference: string): Account | undefined {
    this.#expire();
    const account = this.accounts.get(reference);
    return account?.state === "CREATED" ? account : undefined;
  }

  #expire(): void {
    for (const account of this.accounts.values()) {
      if (account.state === "CREATED" && this.#world.monotonicMs() >= account.expiresAtMs) account.state = "EXPIRED";
    }
  }

  #create({ reference, body }: KeyedCall): Answer<Snapshot> {
    const code = this.#refusal("create");
    if (code) return refused(code);
    if (this.accounts.has(reference)) return refused(4150);
    const { amount } = JSON.parse(body) as { amount: Money };
    const account: Account = {
      reference,
      amount,
      state: "CREATED",
      authorized: 0,
      cancelled: 0,
      captured: 0,
      refunded: 0,
      landed: new Set(),
      expiresAtMs: this.#world.monotonicMs() + expiryMs,
    };
    this.accounts.set(reference, account);
    this.effects.push({ operation: "create", reference });
    this.onCreated(account);
    return { kind: "ok", value: snapshot(account) };
  }

  async #adopt({ reference, body }: KeyedCall): Promise<Answer<Created>> {
    const seen = await this.look(reference);
    if (seen.kind === "unknown") return seen;
    const { amount } = JSON.parse(body) as { amount: Money };
    if (seen.kind === "ok" && seen.value.amount.value === amount.value)
      return { kind: "ok" as const, value: { reference } };
    return refused(4150);
  }

  #seen(reference: string): Answer<Snapshot> | NotFound {
    const account = this.accounts.get(reference);
    return account ? { kind: "ok", value: snapshot(account) } : { kind: "notFound" };
  }

  #cancel(reference: string, onlyIfNotApproved: boolean): Answer<Snapshot> | NotFound {
    const account = this.accounts.get(reference);
    if (!account) return { kind: "notFound" };
    const code = this.#refusal("cancel");
    if (code) return refused(code);
    if (account.state === "CREATED") account.state = "TERMINATED";
    else if (account.state !== "AUTHORIZED")
      return account.state === "TERMINATED" ? { kind: "ok", value: snapshot(account) } : refused(6050);
    else if (onlyIfNotApproved) return refused(6060);
    else if (account.captured > 0) return refused(6040);
    else account.cancelled = account.authorized;
    this.effects.push({ operation: "cancel", reference });
    return { kind: "ok", value: snapshot(account) };
  }

  #capture({ reference, key, body }: KeyedCall): Answer<Snapshot> {
    const account = this.accounts.get(reference);
    const code = this.#refusal("capture");
    if (code || !account) return refused(code ?? 5090);
    const { modificationAmount } = JSON.parse(body) as { modificationAmount: Money };
    if (account.state !== "AUTHORIZED") return refused(6080);
    if (account.cancelled > 0) return refused(6070);
    if (account.captured + modificationAmount.value > account.authorized)
      return refused(account.captured > 0 ? 6170 : 6090);
    account.captured += modificationAmount.value;
    account.landed.add(key);
    this.effects.push({ operation: "capture", reference, key });
    return { kind: "ok", value: snapshot(account) };
  }

  #refund({ reference, key, body }: KeyedCall): Answer<Snapshot> {
    const account = this.accounts.get(reference);
    const code = this.#refusal("refund");
    if (code || !account) return refused(code ?? 5090);
    const { modificationAmount } = JSON.parse(body) as { modificationAmount: Money };
    if (account.refunded + modificationAmount.value > account.captured) return refused(6150);
    account.refunded += modificationAmount.value;
    account.landed.add(key);
    this.effects.push({ operation: "refund", reference, key });
    return { kind: "ok", value: snapshot(account) };
  }

  #refusal(operation: Operation): number | undefined {
    const index = this.refusals.findIndex((refusal) => refusal.operation === operation);
    return index < 0 ? this.refuse(operation) : this.refusals.splice(index, 1)[0]?.code;
  }

  /** The platform's idempotency: the first answer to a key is its answer for ever, a 4xx too. */
  #once(operation: Operation, { key, body }: KeyedCall, act: () => Answer<Snapshot>): Answer<Snapshot> {
    const before = this.#answers.get(`${operation} ${key}`);
    if (before) return before.body === body ? this.#replayed(before.answer) : refused(4020);
    const answer = act();
    this.#answers.set(`${operation} ${key}`, { body, answer });
    return answer;
  }

  /** A replayed success shows the payment as it is now. */
  #replayed(answer: Answer<Snapshot>): Answer<Snapshot> {
    const account = answer.kind === "ok" && this.accounts.get(answer.value.reference);
    return account ? { kind: "ok", value: snapshot(account) } : answer;
  }

  async #over<Value extends Snapshot, Other extends NotFound = never>(
    operation: Operation,
    reference: string,
    act: () => Answer<Value> | Other,
  ): Promise<Answer<Value> | Other> {
    const fate = this.fate(operation, reference);
    await this.#world.sleep(fate.latencyMs);
    this.#expire();
    if (fate.kind === "lostBefore") return this.#noAnswer();
    if (fate.kind === "busy") return { kind: "unknown", why: "busy" };
    if (fate.kind === "late") {
      void this.#world.sleep(deadlineMs + fate.lateMs).then(act);
      return this.#noAnswer();
    }
    const answer = act();
    if (fate.kind === "doubled") void this.#world.sleep(fate.lateMs).then(act);
    if (fate.kind === "lostAfter") return this.#noAnswer();
    if (fate.kind === "lie" && answer.kind === "ok") return { kind: "ok", value: fate.lie(answer.value) as Value };
    return answer;
  }

  async #noAnswer(): Promise<Unknown> {
    await this.#world.sleep(deadlineMs);
    return { kind: "unknown", why: "unreachable" };
  }
}

function snapshot(account: Account): Snapshot {
  const { reference, amount, state, authorized, cancelled, captured, refunded } = account;
  return { reference, amount, state, authorized, cancelled, captured, refunded };
}

function refused(mobilePayCode: number): Refused {
  return {
    kind: "refused",
    mobilePayCode,
    failure: { code: "MOBILEPAY_REFUSED", message: "MobilePay refused.", mobilePayCode: String(mobilePayCode) },
  };
}
