import type {
  GatewayAnswer,
  Created,
  Gateway,
  KeyedCall,
  NotFound,
  Refused,
  Snapshot,
  Unknown,
} from "../../daemon/payments/ports/gateway.ts";
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
  /** The customer is typing the PIN: nothing can be withdrawn just now. */
  processing: boolean;
  /** Of `refunded`: what was given back in MobilePay's portal or by another till, and not by this one. */
  refundedInPortal: number;
  /** Somebody else than the till let go of the reservation: in the portal, or MobilePay itself. */
  releasedElsewhere: boolean;
  readonly landed: Set<string>;
  readonly expiresAtMs: number;
  /** When a reservation that nobody captured falls back to the customer. */
  releasedAtMs: number;
  /** What a look would have seen at earlier times. */
  readonly past: { readonly untilMs: number; readonly seen: Snapshot }[];
}

export type Operation = "create" | "look" | "cancel" | "capture" | "refund" | "landed";

/**
 * What the network and the platform do to one call. It takes `latencyMs` to get there and `answerMs` to come back.
 * `late` and `doubled` requests take effect (again) up to `lateMs` after the caller has given up. `busyAfter` and `half` do what
 * they were asked, and say something else. `broken` does nothing, and answers with a fault of the server. `stale` looks see the payment as it was `staleMs` ago.
 */
export type PlannedFault = { readonly latencyMs: number; readonly answerMs?: number } & (
  | { readonly kind: "ok" | "lostBefore" | "lostAfter" | "half" | "broken" }
  | { readonly kind: "busy" | "busyAfter"; readonly retryAfterMs?: number }
  | { readonly kind: "late" | "doubled"; readonly lateMs: number }
  | { readonly kind: "stale"; readonly staleMs: number }
  | { readonly kind: "lie"; readonly lie: (truth: Snapshot) => Snapshot }
);

const startedAt = Date.UTC(2026, 0, 5, 9, 0, 0);
const expiryMs = 600_000;
const deadlineMs = 10_000;
/** A reservation that is not captured. Source: MobilePay's capture period in DK and FI. */
const reservationMs = 14 * 86_400_000;
/** Calls of one kind for one payment within a minute, where the platform's limits are kept. */
const callsPerMinuteMax = { look: 120, others: 5 };

/** Refusals that may be the echo of our own request: whether it was carried out is then asked. */
const createEchoes: ReadonlySet<number> = new Set([4020, 4150]);
const captureEchoes: ReadonlySet<number> = new Set([4010, 4020, 6090, 6170, 6200, 6230]);
const refundEchoes: ReadonlySet<number> = new Set([4020, 4150, 6150, 6180, 6210]);

/** MobilePay in memory: its states, amounts and idempotency, behind a network whose behaviour `fate` decides call by call. */
export class Bank implements Gateway {
  readonly accounts = new Map<string, Account>();
  /** Every request that took effect, for the tests to count. */
  readonly effects: { operation: Operation; reference: string; key?: string }[] = [];
  onCreated: (account: Account) => void = () => {};
  /** A request has arrived and is about to be carried out. */
  onArrival: (operation: Operation, reference: string) => void = () => {};
  /** A request has been carried out, and its answer is on its way. */
  onLanded: (operation: Operation, reference: string) => void = () => {};
  fate: (operation: Operation, reference: string) => PlannedFault = () => ({ kind: "ok", latencyMs: 5 });
  /** Whether the platform's limits per payment and minute are kept. */
  limited = false;
  /** How long a key is recognised. MobilePay does not say: a till must not count on it for long. */
  keysKeptMs = 86_400_000;
  /** Whether the log of a payment's events says which request each came from. */
  namesKeys = true;
  /** Keys under which another till of the sales unit gives money back. */
  readonly keysOfOthers = new Set<string>();
  /** Whether a cancellation's answer sticks to its key too. MobilePay's papers leave it open. */
  cancelsStick = false;
  /** Codes with which the platform refuses the next calls of an operation, first come first served. */
  readonly refusals: { operation: Operation; code: number }[] = [];
  /** Decides whether the platform refuses a call for good, and with which code. */
  refuse: (operation: Operation, reference: string) => number | undefined = () => undefined;
  readonly #answers = new Map<string, { body: string; answer: GatewayAnswer<Snapshot> | NotFound; untilMs: number }>();
  readonly #calls = new Map<string, number[]>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** MobilePay's clock, which is right. Milliseconds since 1970. */
  now(): number {
    return startedAt + this.#world.monotonicMs();
  }

  createBody(order: Parameters<Gateway["createBody"]>[0]): string {
    return JSON.stringify({ reference: order.reference, amount: order.amount, customer: order.customer });
  }

  amountBody(amount: Money): string {
    return JSON.stringify({ modificationAmount: amount });
  }

  async create(call: KeyedCall): Promise<GatewayAnswer<Created>> {
    const answer = await this.#over<Snapshot>("create", call.reference, () =>
      this.#once("create", call, () => this.#create(call)),
    );
    if (answer.kind === "refused" && createEchoes.has(answer.mobilePayCode ?? 0)) return this.#adopt(call, answer);
    if (answer.kind !== "ok") return answer;
    return {
      kind: "ok" as const,
      value: { reference: call.reference, qrContent: `https://qr.example/${call.reference}` },
    };
  }

  getPayment(reference: string) {
    return this.#over<Snapshot, NotFound>("look", reference, () => this.#seen(reference));
  }

  cancel(reference: string, key: string, onlyIfNotApproved: boolean) {
    const cancel = () => this.#cancel(reference, onlyIfNotApproved);
    const call = { reference, key, body: String(onlyIfNotApproved) };
    return this.#over<Snapshot, NotFound>("cancel", reference, () =>
      this.cancelsStick ? this.#once("cancel", call, cancel) : cancel(),
    );
  }

  async capture(call: KeyedCall): Promise<GatewayAnswer<Snapshot>> {
    const answer = await this.#over<Snapshot>("capture", call.reference, () =>
      this.#once("capture", call, () => this.#capture(call)),
    );
    if (answer.kind !== "refused" || !captureEchoes.has(answer.mobilePayCode ?? 0)) return answer;
    const seen = certain(await this.getPayment(call.reference));
    return seen.kind === "ok" && seen.value.captured < asked(call) ? answer : seen;
  }

  async refund(call: KeyedCall): Promise<GatewayAnswer<Snapshot>> {
    const answer = await this.#over<Snapshot>("refund", call.reference, () =>
      this.#once("refund", call, () => this.#refund(call)),
    );
    if (answer.kind !== "refused" || !refundEchoes.has(answer.mobilePayCode ?? 0)) return answer;
    const landed = await this.wasApplied(call.reference, call.key);
    if (landed.kind !== "ok") return landed;
    return landed.value === true ? certain(await this.getPayment(call.reference)) : answer;
  }

  async wasApplied(reference: string, key: string): Promise<GatewayAnswer<boolean | "unnamed">> {
    const answer = await this.#over<Snapshot, NotFound>("landed", reference, () => this.#seen(reference));
    if (answer.kind === "notFound") return { kind: "unknown", why: "nonsense" };
    if (answer.kind !== "ok") return answer;
    return { kind: "ok", value: this.namesKeys ? (this.accounts.get(reference)?.landed.has(key) ?? false) : "unnamed" };
  }

  /** The customer begins to approve. */
  process(reference: string): void {
    const account = this.#open(reference);
    if (account) account.processing = true;
  }

  /** The customer's thumb. Does nothing when it comes too late. */
  approve(reference: string): void {
    const account = this.#open(reference);
    if (!account) return;
    const releasedAtMs = this.#world.monotonicMs() + reservationMs;
    this.#change(account, { state: "AUTHORIZED", authorized: account.amount.value, processing: false, releasedAtMs });
  }

  reject(reference: string): void {
    const account = this.#open(reference);
    if (account) this.#change(account, { state: "ABORTED" });
  }

  /**
   * Somebody at the shop's desk, in MobilePay's portal. Without `partMinor` all that is reserved is captured, and half of the amount
   * refunded. A cancellation releases what is not captured.
   */
  inPortal(does: "cancel" | "capture" | "refund", reference: string, partMinor?: number): void {
    this.#expire();
    const account = this.accounts.get(reference);
    if (!account) return;
    const { state, amount, authorized, captured, cancelled, refunded } = account;
    if (does === "cancel" && state === "CREATED") this.#change(account, { state: "TERMINATED" });
    if (state !== "AUTHORIZED") return;
    const reserved = authorized - captured - cancelled;
    if (does === "cancel" && reserved > 0)
      this.#change(account, { cancelled: cancelled + reserved, releasedElsewhere: true });
    if (does === "capture" && reserved > 0)
      this.#change(account, { captured: captured + Math.min(reserved, partMinor ?? reserved) });
    const part = Math.min(partMinor ?? Math.ceil(amount.value / 2), captured - refunded);
    if (does === "refund" && part > 0)
      this.#change(account, { refunded: refunded + part, refundedInPortal: account.refundedInPortal + part });
  }

  #open(reference: string): Account | undefined {
    this.#expire();
    const account = this.accounts.get(reference);
    return account?.state === "CREATED" ? account : undefined;
  }

  #expire(): void {
    const nowMs = this.#world.monotonicMs();
    for (const account of this.accounts.values()) {
      if (account.state === "CREATED" && nowMs >= account.expiresAtMs) this.#change(account, { state: "EXPIRED" });
      const { authorized, captured, cancelled } = account;
      if (authorized > captured + cancelled && nowMs >= account.releasedAtMs)
        this.#change(account, { cancelled: authorized - captured, releasedElsewhere: true });
    }
  }

  #change(account: Account, change: Partial<Account>): void {
    account.past.push({ untilMs: this.#world.monotonicMs(), seen: snapshot(account) });
    Object.assign(account, change);
  }

  #create({ reference, body }: KeyedCall): GatewayAnswer<Snapshot> {
    const code = this.#refusal("create", reference);
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
      processing: false,
      refundedInPortal: 0,
      releasedElsewhere: false,
      landed: new Set(),
      expiresAtMs: this.#world.monotonicMs() + expiryMs,
      releasedAtMs: Infinity,
      past: [],
    };
    this.accounts.set(reference, account);
    this.effects.push({ operation: "create", reference });
    this.onCreated(account);
    return { kind: "ok", value: snapshot(account) };
  }

  async #adopt({ reference, body }: KeyedCall, refusal: Refused): Promise<GatewayAnswer<Created>> {
    const seen = certain(await this.getPayment(reference));
    if (seen.kind !== "ok") return seen;
    const { amount } = JSON.parse(body) as { amount: Money };
    return seen.value.amount.value === amount.value ? { kind: "ok", value: { reference } } : refusal;
  }

  #seen(reference: string): GatewayAnswer<Snapshot> | NotFound {
    const account = this.accounts.get(reference);
    return account ? { kind: "ok", value: snapshot(account) } : { kind: "notFound" };
  }

  #cancel(reference: string, onlyIfNotApproved: boolean): GatewayAnswer<Snapshot> | NotFound {
    const account = this.accounts.get(reference);
    if (!account) return { kind: "notFound" };
    const code = this.#refusal("cancel", reference);
    if (code) return refused(code);
    if (account.state === "CREATED" && account.processing) return { kind: "unknown", why: "busy" };
    if (account.state === "CREATED") this.#change(account, { state: "TERMINATED" });
    else if (account.state !== "AUTHORIZED")
      return account.state === "TERMINATED" ? { kind: "ok", value: snapshot(account) } : refused(6050);
    else if (onlyIfNotApproved) return refused(6060);
    else if (account.authorized === account.captured + account.cancelled)
      return refused(account.captured > 0 ? 6040 : 6050);
    else this.#change(account, { cancelled: account.authorized - account.captured });
    this.effects.push({ operation: "cancel", reference });
    return { kind: "ok", value: snapshot(account) };
  }

  #capture(call: KeyedCall): GatewayAnswer<Snapshot> {
    const { reference, key } = call;
    const account = this.accounts.get(reference);
    const code = this.#refusal("capture", reference);
    if (code || !account) return refused(code ?? 5090);
    if (account.state !== "AUTHORIZED") return refused(6080);
    if (account.authorized === account.cancelled) return refused(6070);
    if (account.captured + account.cancelled + asked(call) > account.authorized)
      return refused(account.captured > 0 ? 6170 : 6090);
    this.#change(account, { captured: account.captured + asked(call) });
    account.landed.add(key);
    this.effects.push({ operation: "capture", reference, key });
    return { kind: "ok", value: snapshot(account) };
  }

  #refund(call: KeyedCall): GatewayAnswer<Snapshot> {
    const { reference, key } = call;
    const account = this.accounts.get(reference);
    const code = this.#refusal("refund", reference);
    if (code || !account) return refused(code ?? 5090);
    if (account.refunded + asked(call) > account.captured) return refused(6150);
    const { refunded: before, refundedInPortal } = account;
    const byAnother = this.keysOfOthers.has(key) && { refundedInPortal: refundedInPortal + asked(call) };
    this.#change(account, { refunded: before + asked(call), ...byAnother });
    account.landed.add(key);
    this.effects.push({ operation: "refund", reference, key });
    return { kind: "ok", value: snapshot(account) };
  }

  #refusal(operation: Operation, reference: string): number | undefined {
    const index = this.refusals.findIndex((refusal) => refusal.operation === operation);
    return index < 0 ? this.refuse(operation, reference) : this.refusals.splice(index, 1)[0]?.code;
  }

  /** The platform's idempotency: the first answer to a key is its answer as long as the key is kept, a 4xx too. */
  #once<Result extends GatewayAnswer<Snapshot> | NotFound>(
    operation: Operation,
    { key, body }: KeyedCall,
    act: () => Result,
  ): Result | Refused {
    const nowMs = this.#world.monotonicMs();
    const before = this.#answers.get(`${operation} ${key}`);
    if (before && nowMs < before.untilMs) {
      // What was kept for this operation is of its own kind.
      return before.body === body ? (this.#replayed(before.answer) as Result) : refused(4020);
    }
    const answer = act();
    if (answer.kind !== "unknown")
      this.#answers.set(`${operation} ${key}`, { body, answer, untilMs: nowMs + this.keysKeptMs });
    return answer;
  }

  /** A replayed success shows the payment as it is now. */
  #replayed(answer: GatewayAnswer<Snapshot> | NotFound): GatewayAnswer<Snapshot> | NotFound {
    const account = answer.kind === "ok" && this.accounts.get(answer.value.reference);
    return account ? { kind: "ok", value: snapshot(account) } : answer;
  }

  async #over<Value extends Snapshot, Other extends NotFound = never>(
    operation: Operation,
    reference: string,
    act: () => GatewayAnswer<Value> | Other,
  ): Promise<GatewayAnswer<Value> | Other> {
    const fate = this.fate(operation, reference);
    await this.#world.sleep(fate.latencyMs);
    if (fate.kind === "lostBefore") return this.#noAnswer();
    if (fate.kind === "broken") return { kind: "unknown", why: "unreachable" };
    if (fate.kind === "busy") return busy(fate.retryAfterMs);
    if (this.#isTooOften(operation, reference)) return busy();
    if (fate.kind === "late") {
      void this.#world.sleep(deadlineMs + fate.lateMs).then(() => this.#arrive(operation, reference, act));
      return this.#noAnswer();
    }
    const answer = this.#arrive(operation, reference, act);
    if (fate.kind === "doubled")
      void this.#world.sleep(fate.lateMs).then(() => this.#arrive(operation, reference, act));
    if (fate.answerMs !== undefined) await this.#world.sleep(fate.answerMs);
    switch (fate.kind) {
      case "lostAfter":
        return this.#noAnswer();
      case "busyAfter":
        return busy(fate.retryAfterMs);
      case "half":
        return { kind: "unknown", why: "nonsense" };
      case "lie":
        return answer.kind === "ok" ? { kind: "ok", value: fate.lie(answer.value) as Value } : answer;
      case "stale":
        return this.#asItWas(reference, fate.staleMs) as GatewayAnswer<Value> | Other;
      default:
        return answer;
    }
  }

  #arrive<Result>(operation: Operation, reference: string, act: () => Result): Result {
    this.#expire();
    this.onArrival(operation, reference);
    const answer = act();
    this.onLanded(operation, reference);
    return answer;
  }

  #asItWas(reference: string, staleMs: number): GatewayAnswer<Snapshot> | NotFound {
    const atMs = this.#world.monotonicMs() - staleMs;
    const then = this.accounts.get(reference)?.past.find(({ untilMs }) => untilMs > atMs);
    return then ? { kind: "ok", value: then.seen } : this.#seen(reference);
  }

  #isTooOften(operation: Operation, reference: string): boolean {
    if (!this.limited) return false;
    const nowMs = this.#world.monotonicMs();
    const name = `${operation} ${reference}`;
    const recent = (this.#calls.get(name) ?? []).filter((atMs) => atMs > nowMs - 60_000);
    this.#calls.set(name, recent);
    if (recent.length >= callsPerMinuteMax[operation === "look" ? "look" : "others"]) return true;
    recent.push(nowMs);
    return false;
  }

  async #noAnswer(): Promise<Unknown> {
    await this.#world.sleep(deadlineMs);
    return { kind: "unknown", why: "unreachable" };
  }
}

function busy(retryAfterMs?: number): Unknown {
  return { kind: "unknown", why: "busy", ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function snapshot(account: Account): Snapshot {
  const { reference, amount, state, authorized, cancelled, captured, refunded } = account;
  return { reference, amount, state, authorized, cancelled, captured, refunded };
}

function asked({ body }: KeyedCall): number {
  return (JSON.parse(body) as { modificationAmount: Money }).modificationAmount.value;
}

/** Where a payment must exist, "no such payment" makes no sense. */
function certain(answer: GatewayAnswer<Snapshot> | NotFound): GatewayAnswer<Snapshot> {
  return answer.kind === "notFound" ? { kind: "unknown", why: "nonsense" } : answer;
}

function refused(mobilePayCode: number): Refused {
  return {
    kind: "refused",
    mobilePayCode,
    failure: { code: "MOBILEPAY_REFUSED", message: "MobilePay refused.", mobilePayCode: String(mobilePayCode) },
  };
}
