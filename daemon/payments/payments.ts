import type { Logger } from "../log/logger.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { Currency, PaymentView, RecoveryItem, RefundView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { adoptedPaid, adoptedSale, askForLost, isSameOrder, refundedBeforeLoss } from "./work/adopt.ts";
import { announce } from "./work/announce.ts";
import {
  type CheckIn,
  cancelled,
  completed,
  knownCustomer,
  orderOf,
  refunding,
  requested,
} from "./payment/commands.ts";
import { drive } from "./work/drive.ts";
import type { FoundCustomer, Gateway } from "./ports/gateway.ts";
import { type Names, namesFor } from "./payment/names.ts";
import { paced } from "./work/pace.ts";
import { fold, isFinal, isOpen, type PaymentEvent, type PaymentOrder } from "./payment/payment.ts";
import { type Page, Presence } from "./work/presence.ts";
import { decide, isRecovery, recoveryItem } from "./work/recovery.ts";
import { checkAmount, occupiesTill, paidForSale } from "./payment/rules.ts";
import { Run } from "./work/run.ts";
import { Runs } from "./work/runs.ts";
import { type PaymentStore, rowOf } from "./ports/store.ts";
import { sweep } from "./reconcile/sweep.ts";
import type { Swept, SweepStore } from "./ports/sweep-store.ts";
import { paymentView, refundView } from "./payment/view.ts";

export interface PaymentsOptions {
  readonly store: PaymentStore;
  readonly gateway: Gateway;
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
  readonly tillId: string;
  readonly currency: Currency;
  readonly capture: PaymentOrder["capture"];
  readonly abandonAfterMs: number;
  /** Whether the till has its tag. */
  readonly paired: () => boolean;
  /** A check-in from just before the sale, if there is one that may be used; it is then used up. */
  readonly takeCheckIn: () => CheckIn | undefined;
  /** A payment from before a restart is shown again and waits for the customer to scan the tag, who may have done so. */
  readonly customerWanted?: () => void;
  /** A payment came to its end: an earlier check-in no longer belongs to the next sale. */
  readonly saleEnded?: () => void;
}

/** All that a till does with MobilePay payments. */
export class Payments {
  readonly #options: PaymentsOptions;
  readonly #names: Names;
  readonly #gateway: Gateway;
  readonly #runs: Runs;
  readonly #presence: Presence;
  readonly #stopping = new AbortController();
  #claiming: Promise<unknown> = Promise.resolve();

  constructor(options: PaymentsOptions) {
    const { store, log, world } = options;
    const gateway = paced(options.gateway, world);
    this.#gateway = gateway;
    this.#options = options;
    this.#names = namesFor(options.tillId);
    this.#presence = new Presence(world, options.abandonAfterMs);
    const ports = { gateway, log, world, names: this.#names, onContact: (run: Run) => this.#changed(run) };
    this.#runs = new Runs(
      store,
      (events, inherited) => this.#newRun(fold(events), inherited),
      (run) => drive(run, ports, this.#stopping.signal),
    );
  }

  /** Takes over what was open when the daemon last ended. Call once, before any page can connect. */
  async resume(): Promise<void> {
    for (const run of await this.#runs.inherit()) {
      run.listed = isRecovery(run);
      this.#presence.watch(run);
    }
  }

  /** Ends all loops at their next step. What is unfinished is found on disk next time. */
  stop(): void {
    this.#stopping.abort();
    for (const run of this.#runs.live()) run.wake();
    this.#presence.stop();
  }

  /** Starts a payment, or takes it up again when the call is repeated. */
  start(params: Params<"payment.start">, page: Page): Promise<PaymentView> {
    return this.#inTurn(() => this.#start(params, page));
  }

  /** Whoever claims a sale does so one after the other, so that no two pass the checks together. */
  #inTurn<Value>(claim: () => Promise<Value>): Promise<Value> {
    const turn = this.#claiming.then(claim);
    this.#claiming = turn.catch(() => undefined);
    return turn;
  }

  async #start(params: Params<"payment.start">, page: Page): Promise<PaymentView> {
    const [again, claimed] = await Promise.all([
      this.#runs.use(params.paymentId, async (run) => this.#takeUpAgain(run, params, page)),
      this.#claimed(params.sale.saleId),
    ]);
    if (again) return again;
    const order = orderOf(params, this.#names, this.#options.capture);
    this.#checkStart(params);
    if (claimed) throw claimed;
    await this.#checkPaired(order);
    await this.#options.store.ready();
    const checkIn = params.customer.by === "tillTag" ? this.#options.takeCheckIn() : undefined;
    const customer: FoundCustomer | undefined = checkIn
      ? { by: "tillTag", customerToken: checkIn.customerToken }
      : knownCustomer(params.customer);
    const events: PaymentEvent[] = [{ type: "started", order }];
    if (customer) events.push(requested(order, customer, this.#tools, checkIn));
    return this.#begin(order, events, page);
  }

  async #begin(order: PaymentOrder, events: readonly PaymentEvent[], page: Page): Promise<PaymentView> {
    const now = this.#options.world.now();
    const planned = fold(events.map((event) => ({ ...event, at: now })));
    const happened = await this.#options.store.append(order.paymentId, events, rowOf(planned));
    const run = this.#newRun(fold(happened), false);
    return this.#runs.hold(run, async () => {
      this.#presence.takeUp(run, page);
      this.#changed(run);
      return paymentView(run.payment);
    });
  }

  #takeUpAgain(run: Run, params: Params<"payment.start">, page: Page): PaymentView {
    if (!isSameOrder(run.payment.order, params)) throw new BridgeError("PAYMENT_CONFLICT");
    if (!isFinal(run.payment)) this.#takeUp(run, page);
    if (this.awaits("tillTag")) this.#options.customerWanted?.();
    return paymentView(run.payment, run);
  }

  #takeUp(run: Run, page: Page): void {
    if (this.#presence.takeUp(run, page) && run.listed) this.#changed(run);
  }

  #checkStart(params: Params<"payment.start">): void {
    checkAmount(params, this.#options.currency);
    const busy = this.#busyWith();
    if (busy) throw new BridgeError("PAYMENT_IN_PROGRESS", { paymentId: busy.paymentId, state: busy.payment.state });
  }

  /** With the journal the till's tag may be lost too: a sale that MobilePay knows already needs none. */
  async #checkPaired({ customer, reference }: PaymentOrder): Promise<void> {
    if (customer.by !== "tillTag" || this.#options.paired()) return;
    if (!(await askForLost(reference, this.#gateway).catch(() => undefined))) throw new BridgeError("NOT_PAIRED");
  }

  #busyWith(): Run | undefined {
    const live = this.#runs.live();
    return live.find(({ payment, holders, inherited }) => occupiesTill(payment, holders.size > 0 || !inherited));
  }

  /**
   * Why the sale can have no other payment than `by`: it is paid, or may still be paid, and would be charged twice. Memory is
   * asked before the journal: a payment that is completed meanwhile is found by the one or by the other.
   */
  async #claimed(saleId: string, by?: Run): Promise<BridgeError | undefined> {
    const claims = (run: Run) => run !== by && run.payment.saleId === saleId && !isFinal(run.payment);
    const doubted = this.#runs.live().find(claims);
    if (doubted)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: doubted.paymentId, state: doubted.payment.state });
    const { paymentIds } = await this.#options.store.list({ saleId, state: "completed", limit: 10 });
    for (const paymentId of paymentIds) {
      if (await this.#runs.use(paymentId, async ({ payment }) => paidForSale(payment)))
        return new BridgeError("SALE_ALREADY_PAID", { paymentId });
    }
    return undefined;
  }

  get(paymentId: string): Promise<PaymentView> {
    return this.#runs.useKnown(paymentId, async (run) => paymentView(run.payment, run));
  }

  async list({ from, to, limit = 50, ...query }: Params<"payment.list">): Promise<Result<"payment.list">> {
    const found = await this.#options.store.list({
      ...dropUndefined(query),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
      limit,
    });
    const payments = await Promise.all(found.paymentIds.map((paymentId) => this.get(paymentId)));
    return { payments, ...(found.cursor !== undefined && { cursor: found.cursor }) };
  }

  /** Answered once the wish is on disk. */
  cancel(paymentId: string): Promise<PaymentView> {
    return this.#runs.useKnown(paymentId, async (run) => paymentView(await run.change(cancelled), run));
  }

  async complete({ paymentId, receiptNumber }: Params<"payment.complete">, page: Page): Promise<PaymentView> {
    await this.#inTurn(() => this.#adopt(paymentId, adoptedPaid));
    return this.#runs.useKnown(paymentId, async (run) => {
      const payment = await run.change((now) => completed(now, receiptNumber));
      this.#takeUp(run, page);
      return paymentView(payment, run);
    });
  }

  async startRefund(params: Params<"refund.start">): Promise<RefundView> {
    const paymentId = await this.#purchase(params);
    const owner = await this.#options.store.find({ refundId: params.refundId });
    if (owner !== undefined && owner !== paymentId) throw new BridgeError("REFUND_CONFLICT");
    return this.#runs.useKnown(paymentId, async (run) => {
      const landed = await refundedBeforeLoss(run.payment, this.#names.refundKey(params.refundId), this.#gateway);
      await run.change((payment) => refunding(payment, params, this.#tools, landed));
      return this.#refundView(run, params.refundId);
    });
  }

  async #purchase({ paymentId, receiptNumber, reference }: Params<"refund.start">): Promise<string> {
    const by = receiptNumber !== undefined ? { receiptNumber } : reference !== undefined ? { reference } : undefined;
    const found = by ? await this.#options.store.find(by) : paymentId;
    const known = found !== undefined && (await this.#runs.use(found, async () => true));
    if (known) return found;
    const lost = paymentId ?? this.#names.paymentId(reference ?? "");
    if (lost !== undefined && (await this.#inTurn(() => this.#adopt(lost, adoptedSale)))) return lost;
    throw new BridgeError("NOT_A_MOBILEPAY_PURCHASE");
  }

  /** Takes over a payment of this till that only MobilePay knows any more. Returns whether there is one, here or there. */
  async #adopt(paymentId: string, eventsOf: typeof adoptedSale): Promise<boolean> {
    if (await this.#runs.use(paymentId, async () => true)) return true;
    const { store, capture, world, log } = this.#options;
    const seen = await askForLost(this.#names.reference(paymentId), this.#gateway);
    const events = seen && eventsOf(paymentId, seen, capture);
    if (!events) return false;
    const planned = fold(events.map((event) => ({ ...event, at: world.now() })));
    await store.append(paymentId, events, rowOf(planned));
    log.warn("a purchase that is not in the journal was taken over from MobilePay", { reference: seen.reference });
    return true;
  }

  async getRefund(refundId: string): Promise<RefundView> {
    const paymentId = await this.#options.store.find({ refundId });
    if (paymentId === undefined) throw new BridgeError("REFUND_NOT_FOUND");
    return this.#runs.useKnown(paymentId, async (run) => this.#refundView(run, refundId));
  }

  #refundView({ payment }: Run, refundId: string): RefundView {
    const refund = payment.refunds.find(({ order }) => order.refundId === refundId);
    if (!refund) throw new BridgeError("REFUND_NOT_FOUND");
    return refundView(payment, refund);
  }

  recoveryItems(): RecoveryItem[] {
    return this.#runs.live().filter(isRecovery).map(recoveryItem);
  }

  /** The decision is on disk when this answers; carrying it out goes on. */
  resolve(params: Params<"recovery.resolve">): Promise<RecoveryItem> {
    return this.#inTurn(() =>
      this.#runs.useKnown(params.paymentId, async (run) => {
        const isNew = decide(run, params).length > 0;
        const claims = isNew && params.decision === "reRing";
        const claimed = claims ? await this.#claimed(params.saleId ?? run.payment.saleId, run) : undefined;
        if (claimed) throw claimed;
        await run.change(() => decide(run, params));
        return recoveryItem(run);
      }),
    );
  }

  /**
   * The customer was found: a check-in on the till's tag, or their own code under the scanner. Returns whether a payment was
   * waiting for just that; its request is then on disk.
   */
  async customerFound(customer: FoundCustomer, checkIn?: CheckIn): Promise<boolean> {
    const waiting = this.#waitingFor(customer.by);
    if (!waiting) return false;
    let taken = false;
    await this.#runs.hold(waiting, () =>
      waiting.change((payment) => {
        taken = payment.state === "waitingForCustomer";
        return taken ? [requested(payment.order, customer, this.#tools, checkIn)] : [];
      }),
    );
    return taken;
  }

  /** Whether a payment waits for a customer to be found this way. */
  awaits(by: FoundCustomer["by"]): boolean {
    return this.#waitingFor(by) !== undefined;
  }

  #waitingFor(by: FoundCustomer["by"]): Run | undefined {
    return this.#runs
      .live()
      .findLast(
        (run) =>
          run.payment.state === "waitingForCustomer" && run.payment.order.customer.by === by && run.holders.size > 0,
      );
  }

  /** Something may have happened at MobilePay: ask at once rather than at the next poll. */
  nudge(reference: string): void {
    this.#runs
      .live()
      .find((run) => run.payment.order.reference === reference)
      ?.wake();
  }

  /** A sale is under way at this till. */
  get isBusy(): boolean {
    return this.#busyWith() !== undefined;
  }

  /** Compares the last days with MobilePay, lets go of what nobody wants, and reminds of reservations that end soon. */
  async sweep(sweeps: SweepStore, stop: AbortSignal): Promise<Swept | undefined> {
    const { store, world, log } = this.#options;
    const open = () => this.#runs.live().flatMap(({ payment, paymentId }) => (isOpen(payment) ? [paymentId] : []));
    const busy = () => this.isBusy;
    const shared = { store, world, log, names: this.#names, gateway: this.#gateway, runs: this.#runs };
    const swept = await sweep({ ...shared, sweeps, open, busy }, stop);
    for (const run of this.#runs.live().filter(isRecovery)) this.#remind(run);
    return swept;
  }

  #remind(run: Run): void {
    const { captureNear, captureBefore } = recoveryItem(run);
    if (!captureNear) return;
    this.#options.log.warn("a reservation ends soon and waits for a decision", {
      reference: run.payment.order.reference,
      captureBefore,
    });
    this.#changed(run);
  }

  #newRun(payment: ReturnType<typeof fold>, inherited: boolean): Run {
    const { store, world } = this.#options;
    return new Run(payment, { store, world, inherited, onChange: (run, before) => this.#changed(run, before) });
  }

  #changed(run: Run, before?: Run["payment"]): void {
    announce(run, before, this.#options.emit);
    if (before && !isFinal(before) && isFinal(run.payment)) this.#options.saleEnded?.();
  }

  get #tools() {
    return { gateway: this.#options.gateway, names: this.#names };
  }
}

function dropUndefined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Fields]: Exclude<Fields[Key], undefined> }; // only undefined was dropped
}
