import { type PaymentsContext, type PaymentsOptions } from "./calls/context.ts";
import { recoveryPage } from "./calls/recovery-page.ts";
import { getRefund, startRefund } from "./calls/refunds.ts";
import { refuseInDoubt } from "./calls/in-doubt.ts";
import { SaleClaims } from "./calls/sale-claims.ts";
import { startPayment } from "./calls/start-payment.ts";
import { BridgeError } from "../protocol/errors.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { PaymentView, RecoveryItem, RefundView } from "../protocol/values.ts";
import { cancelled, completed } from "./payment/commands.ts";
import { type UsedCheckIn, requested } from "./payment/intents.ts";
import { referencesAndKeysFor } from "./payment/references-and-keys.ts";
import { isFinal, isOpen, type Payment } from "./payment/payment.ts";
import type { FoundCustomer } from "./payment/request-bodies.ts";
import { paymentView } from "./payment/view.ts";
import type { SweepReport, SweepStore } from "./ports/sweep-store.ts";
import { sweep } from "./reconcile/sweep.ts";
import { importUnjournaled, importedPaid } from "./work/import-unjournaled.ts";
import { endedWithoutMoney, LateLooks, lookNow } from "./work/look-now.ts";
import { announce } from "./work/announce.ts";
import { BackgroundPlaces } from "./work/background-places.ts";
import { runPayment, type RunPaymentPorts } from "./work/run-payment.ts";
import { rateLimited } from "./work/rate-limiter.ts";
import { type ConnectedPage, Presence } from "./work/presence.ts";
import { decide, isRecovery, recoveryItem } from "./work/recovery.ts";
import type { PaymentProcess } from "./work/payment-process.ts";
import { watchStandstill } from "./work/standstill.ts";
import { PaymentProcesses } from "./work/payment-processes.ts";

/** All that a till does with MobilePay payments. */
export class Payments {
  readonly #context: PaymentsContext;
  readonly #stopping = new AbortController();
  readonly #lateLooks = new LateLooks();
  readonly #places = new BackgroundPlaces((reference) => this.#isBackground(reference));

  /** The gateway that is passed in has no limits: only the one that has them keeps it. */
  constructor({ gateway, ...options }: PaymentsOptions) {
    const { store, world, log } = options;
    const limited = rateLimited(gateway, world, this.#places);
    const ports = { gateway: limited, keys: referencesAndKeysFor(options.tillId), world, log };
    const processes = new PaymentProcesses({
      store,
      world,
      onChange: (process, before) => this.#changed(process, before),
      runLoop: (process) => this.#run(process, { ...ports, store }),
    });
    const presence = new Presence(world, options.abandonAfterMs);
    const claims = new SaleClaims({ ...options, processes });
    this.#context = { ...options, ...ports, processes, presence, claims };
  }

  /** From before a restart, and neither a page nor a person has come to it since. */
  #isBackground(reference: string): boolean {
    const { keys, processes } = this.#context;
    const process = processes.find(keys.paymentId(reference));
    return process !== undefined && process.recoveredAtStart && !process.isShown && !process.payment.decision;
  }

  async #run(process: PaymentProcess, ports: RunPaymentPorts): Promise<void> {
    const { signal } = this.#stopping;
    const tell = () => isRecovery(process) && process.announce();
    await Promise.all([runPayment(process, ports, signal), watchStandstill(process, ports.world, tell, signal)]);
  }

  #changed(process: PaymentProcess, before?: Payment): void {
    const { emit, onSaleEnded, claims, presence } = this.#context;
    announce(process, before, emit);
    this.#places.hurry(process.payment.order.reference);
    if (before && before.state !== "completed" && process.payment.state === "completed") claims.paid(process.paymentId);
    if (isFinal(process.payment)) presence.release(process);
    if (before && !isFinal(before) && isFinal(process.payment)) onSaleEnded?.();
  }

  /** Takes over what was open when the daemon last ended. Call once, before any page can connect. */
  async resume(): Promise<void> {
    const { processes, presence } = this.#context;
    for (const process of await processes.recoverOpen()) {
      process.markAnnouncedAsRecovery(isRecovery(process));
      presence.startCountdown(process);
    }
  }

  /** Ends all loops at their next step. What is unfinished is found on disk next time. */
  stop(): void {
    const { processes, presence } = this.#context;
    this.#stopping.abort();
    for (const process of processes.live()) process.wake();
    presence.stop();
  }

  /** Starts a payment, or takes it up again when the call is repeated. */
  start(params: Params<"payment.start">, page: ConnectedPage): Promise<PaymentView> {
    return startPayment(params, page, this.#context);
  }

  async get(paymentId: string): Promise<PaymentView> {
    refuseInDoubt(this.#context.store, paymentId);
    return this.#context.processes.withKnownPayment(paymentId, async (process) => {
      this.#lateLooks.lookOnce(process, () => this.#lookLate(paymentId));
      return paymentView(process.payment, process);
    });
  }

  async #lookLate(paymentId: string): Promise<void> {
    const { processes } = this.#context;
    const isAnswered = await processes.withPayment(paymentId, (process) => lookNow(process, this.#context));
    if (!isAnswered) throw new BridgeError("OUTCOME_UNKNOWN");
  }

  #viewOf(paymentId: string): Promise<PaymentView | undefined> {
    return this.#context.processes.withPayment(paymentId, async (process) => paymentView(process.payment, process));
  }

  async list({ from, to, limit = 50, ...query }: Params<"payment.list">): Promise<Result<"payment.list">> {
    const { store } = this.#context;
    refuseInDoubt(store, query.saleId, query.receiptNumber);
    const found = await store.list({
      ...dropUndefined(query),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
      limit,
    });
    const views = await Promise.all(found.paymentIds.map((paymentId) => this.#viewOf(paymentId)));
    // One whose first row was refused and turned up all the same is not there.
    const payments = views.filter((view) => view !== undefined);
    return { payments, ...(found.cursor !== undefined && { cursor: found.cursor }) };
  }

  /** Answered once the request is on disk. */
  cancel(paymentId: string): Promise<PaymentView> {
    return this.#context.processes.withKnownPayment(paymentId, async (process) =>
      paymentView(await process.change((payment) => cancelled(payment, process.doubt)), process),
    );
  }

  async complete({ paymentId, receiptNumber }: Params<"payment.complete">, page: ConnectedPage): Promise<PaymentView> {
    const { processes, presence, mobilePayTime } = this.#context;
    await importUnjournaled(paymentId, importedPaid, this.#context);
    return processes.withKnownPayment(paymentId, async (process) => {
      if (endedWithoutMoney(process.payment) && !(await lookNow(process, this.#context)))
        throw new BridgeError("OUTCOME_UNKNOWN", { state: process.payment.state });
      const payment = await process.change((now) => completed(now, receiptNumber, mobilePayTime?.now()));
      presence.attach(process, page);
      return paymentView(payment, process);
    });
  }

  startRefund(params: Params<"refund.start">): Promise<RefundView> {
    return startRefund(params, this.#context);
  }

  getRefund(refundId: string): Promise<RefundView> {
    return getRefund(refundId, this.#context);
  }

  recoveryItems(): RecoveryItem[] {
    return this.#context.processes.live().filter(isRecovery).map(recoveryItem);
  }

  recoveryList(query: Params<"recovery.list">): Result<"recovery.list"> {
    return recoveryPage(this.recoveryItems(), query);
  }

  /** The decision is on disk when this answers; carrying it out goes on. */
  resolve(params: Params<"recovery.resolve">): Promise<RecoveryItem> {
    const { processes, claims } = this.#context;
    return claims.inTurn(() =>
      processes.withKnownPayment(params.paymentId, async (process) => {
        const isNew = decide(process, params).length > 0;
        const claimsSale = isNew && params.decision === "reRing";
        const conflict = claimsSale
          ? await claims.conflict(params.saleId ?? process.payment.saleId, process)
          : undefined;
        if (conflict) throw conflict;
        await process.change(() => decide(process, params));
        process.wake();
        return recoveryItem(process);
      }),
    );
  }

  /**
   * The customer was found: a check-in on the till's tag, or their own code under the scanner. Returns whether a payment was
   * waiting for just that; its request is then on disk.
   */
  async customerFound(customer: FoundCustomer, checkIn?: UsedCheckIn): Promise<boolean> {
    const { processes } = this.#context;
    const waiting = processes.waitingFor(customer.by);
    if (!waiting) return false;
    let taken = false;
    await processes.runWith(waiting, () =>
      waiting.change((payment) => {
        taken = payment.state === "waitingForCustomer";
        return taken ? [requested(payment.order, customer, this.#context, checkIn)] : [];
      }),
    );
    return taken;
  }

  /** Whether a payment waits for a customer to be found this way. */
  awaits(by: FoundCustomer["by"]): boolean {
    return this.#context.processes.waitingFor(by) !== undefined;
  }

  /** Something may have happened at MobilePay: ask at once rather than at the next poll. */
  requery(reference: string): void {
    const { processes } = this.#context;
    const found = processes.live().find((process) => process.payment.order.reference === reference);
    found?.wake();
    // Its loop asks no more: others may have captured, cancelled or refunded.
    if (found && ["paid", "needsDecision"].includes(found.payment.state))
      void processes.runWith(found, (process) => lookNow(process, this.#context)).catch(() => undefined);
  }

  /** A sale is under way at this till. */
  get isBusy(): boolean {
    return this.#context.processes.blocking() !== undefined;
  }

  /** Compares the last days with MobilePay, voids or withdraws what is left over, and reminds of reservations that end soon. */
  async sweep(sweeps: SweepStore, stop: AbortSignal): Promise<SweepReport | undefined> {
    const { processes } = this.#context;
    const open = () => processes.live().flatMap(({ payment, paymentId }) => (isOpen(payment) ? [paymentId] : []));
    const swept = await sweep({ ...this.#context, sweeps, open, busy: () => this.isBusy }, stop);
    for (const process of processes.live().filter(isRecovery)) this.#remind(process);
    return swept;
  }

  #remind(process: PaymentProcess): void {
    const { captureNear, captureBefore } = recoveryItem(process);
    if (!captureNear) return;
    this.#context.log.warn("a reservation ends soon and waits for a decision", {
      reference: process.payment.order.reference,
      captureBefore,
    });
    process.announce();
  }
}

function dropUndefined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Fields]: Exclude<Fields[Key], undefined> }; // only undefined was dropped
}
