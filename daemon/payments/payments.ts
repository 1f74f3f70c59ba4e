import { type PaymentsContext, type PaymentsOptions } from "./calls/context.ts";
import { getRefund, startRefund } from "./calls/refunds.ts";
import { SaleClaims } from "./calls/sale-claims.ts";
import { startPayment } from "./calls/start-payment.ts";
import type { Params, Result } from "../protocol/methods.ts";
import type { PaymentView, RecoveryItem, RefundView } from "../protocol/values.ts";
import { cancelled, completed } from "./payment/commands.ts";
import { type CheckIn, requested } from "./payment/intents.ts";
import { namesFor } from "./payment/names.ts";
import { isFinal, isOpen, type Payment } from "./payment/payment.ts";
import type { FoundCustomer } from "./payment/request-bodies.ts";
import { paymentView } from "./payment/view.ts";
import type { Swept, SweepStore } from "./ports/sweep-store.ts";
import { sweep } from "./reconcile/sweep.ts";
import { adopt, adoptedPaid } from "./work/adopt.ts";
import { announce } from "./work/announce.ts";
import { drive } from "./work/drive.ts";
import { paced } from "./work/pace.ts";
import { type Page, Presence } from "./work/presence.ts";
import { decide, isRecovery, recoveryItem } from "./work/recovery.ts";
import type { Run } from "./work/run.ts";
import { Runs } from "./work/runs.ts";

/** All that a till does with MobilePay payments. */
export class Payments {
  readonly #context: PaymentsContext;
  readonly #stopping = new AbortController();

  /** The gateway that is passed in has no limits: it is kept by nobody but the one that has them. */
  constructor({ gateway, ...options }: PaymentsOptions) {
    const { store, world, log } = options;
    const ports = { gateway: paced(gateway, world), names: namesFor(options.tillId), world, log };
    const runs = new Runs({
      store,
      world,
      onChange: (run, before) => this.#changed(run, before),
      drive: (run) => drive(run, ports, this.#stopping.signal),
    });
    const presence = new Presence(world, options.abandonAfterMs);
    this.#context = { ...options, ...ports, runs, presence, claims: new SaleClaims(store, runs) };
  }

  #changed(run: Run, before?: Payment): void {
    const { emit, saleEnded } = this.#context;
    announce(run, before, emit);
    if (before && !isFinal(before) && isFinal(run.payment)) saleEnded?.();
  }

  /** Takes over what was open when the daemon last ended. Call once, before any page can connect. */
  async resume(): Promise<void> {
    const { runs, presence } = this.#context;
    for (const run of await runs.inherit()) {
      run.markListed(isRecovery(run));
      presence.watch(run);
    }
  }

  /** Ends all loops at their next step. What is unfinished is found on disk next time. */
  stop(): void {
    const { runs, presence } = this.#context;
    this.#stopping.abort();
    for (const run of runs.live()) run.wake();
    presence.stop();
  }

  /** Starts a payment, or takes it up again when the call is repeated. */
  start(params: Params<"payment.start">, page: Page): Promise<PaymentView> {
    return this.#context.claims.inTurn(() => startPayment(params, page, this.#context));
  }

  get(paymentId: string): Promise<PaymentView> {
    return this.#context.runs.useKnown(paymentId, async (run) => paymentView(run.payment, run));
  }

  async list({ from, to, limit = 50, ...query }: Params<"payment.list">): Promise<Result<"payment.list">> {
    const found = await this.#context.store.list({
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
    return this.#context.runs.useKnown(paymentId, async (run) => paymentView(await run.change(cancelled), run));
  }

  async complete({ paymentId, receiptNumber }: Params<"payment.complete">, page: Page): Promise<PaymentView> {
    const { runs, presence, claims } = this.#context;
    await claims.inTurn(() => adopt(paymentId, adoptedPaid, this.#context));
    return runs.useKnown(paymentId, async (run) => {
      const payment = await run.change((now) => completed(now, receiptNumber));
      presence.takeUp(run, page);
      return paymentView(payment, run);
    });
  }

  startRefund(params: Params<"refund.start">): Promise<RefundView> {
    return startRefund(params, this.#context);
  }

  getRefund(refundId: string): Promise<RefundView> {
    return getRefund(refundId, this.#context);
  }

  recoveryItems(): RecoveryItem[] {
    return this.#context.runs.live().filter(isRecovery).map(recoveryItem);
  }

  /** The decision is on disk when this answers; carrying it out goes on. */
  resolve(params: Params<"recovery.resolve">): Promise<RecoveryItem> {
    const { runs, claims } = this.#context;
    return claims.inTurn(() =>
      runs.useKnown(params.paymentId, async (run) => {
        const isNew = decide(run, params).length > 0;
        const claimsSale = isNew && params.decision === "reRing";
        const conflict = claimsSale ? await claims.conflict(params.saleId ?? run.payment.saleId, run) : undefined;
        if (conflict) throw conflict;
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
    const { runs } = this.#context;
    const waiting = runs.waitingFor(customer.by);
    if (!waiting) return false;
    let taken = false;
    await runs.hold(waiting, () =>
      waiting.change((payment) => {
        taken = payment.state === "waitingForCustomer";
        return taken ? [requested(payment.order, customer, this.#context, checkIn)] : [];
      }),
    );
    return taken;
  }

  /** Whether a payment waits for a customer to be found this way. */
  awaits(by: FoundCustomer["by"]): boolean {
    return this.#context.runs.waitingFor(by) !== undefined;
  }

  /** Something may have happened at MobilePay: ask at once rather than at the next poll. */
  nudge(reference: string): void {
    const live = this.#context.runs.live();
    live.find((run) => run.payment.order.reference === reference)?.wake();
  }

  /** A sale is under way at this till. */
  get isBusy(): boolean {
    return this.#context.runs.blocking() !== undefined;
  }

  /** Compares the last days with MobilePay, lets go of what nobody wants, and reminds of reservations that end soon. */
  async sweep(sweeps: SweepStore, stop: AbortSignal): Promise<Swept | undefined> {
    const { runs } = this.#context;
    const open = () => runs.live().flatMap(({ payment, paymentId }) => (isOpen(payment) ? [paymentId] : []));
    const swept = await sweep({ ...this.#context, sweeps, open, busy: () => this.isBusy }, stop);
    for (const run of runs.live().filter(isRecovery)) this.#remind(run);
    return swept;
  }

  #remind(run: Run): void {
    const { captureNear, captureBefore } = recoveryItem(run);
    if (!captureNear) return;
    this.#context.log.warn("a reservation ends soon and waits for a decision", {
      reference: run.payment.order.reference,
      captureBefore,
    });
    run.announce();
  }
}

function dropUndefined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Fields]: Exclude<Fields[Key], undefined> }; // only undefined was dropped
}
