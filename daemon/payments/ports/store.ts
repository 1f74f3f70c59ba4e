import type { PaymentState } from "../../protocol/values.ts";
import { type RecordedEvent, isOpen, type Payment, type PaymentEvent } from "../payment/payment.ts";

/**
 * What payments need of the journal. `append` resolves when the events are durable on disk, in the order of the calls,
 * and rejects with `JOURNAL_FAILED` when they could not be made durable; then nothing of the batch is believed.
 */
export interface PaymentStore {
  /**
   * Rejects with `JOURNAL_FAILED` while no new payment may be started: nothing can be written, or the file is damaged somewhere.
   * Resolves at once when all is well; after a failed write it tries to write first.
   */
  ready(): Promise<void>;
  /** Rejects with `JOURNAL_FAILED` while nothing can be written. Resolves at once when the last write went well; else it tries to write. */
  writable(): Promise<void>;
  /** All events of one call are one synced commit: all of them or none. `row` is how the payment is found again. */
  append(paymentId: string, events: readonly PaymentEvent[], row: PaymentRow): Promise<readonly RecordedEvent[]>;
  /**
   * Whether a write about this payment, refund, sale or receipt number was refused and may turn up all the same: until the next write
   * settles it, nothing may be said to exist or not.
   */
  inDoubt(id: string): boolean;
  /** All events of a payment in order, or undefined when there is none. */
  events(paymentId: string): Promise<readonly RecordedEvent[] | undefined>;
  /** Ids of the payments whose last row says `open`, oldest first. */
  open(): Promise<readonly string[]>;
  find(by: { reference: string } | { refundId: string }): Promise<string | undefined>;
  /** Newest first. `cursor` is what an earlier call returned. */
  list(query: PaymentQuery): Promise<{ readonly paymentIds: readonly string[]; readonly cursor?: string }>;
}

/** The columns a payment is found by. Written with every append. `refundIds`: those the append added. */
export interface PaymentRow {
  readonly saleId: string;
  readonly reference: string;
  readonly state: PaymentState;
  readonly open: boolean;
  readonly receiptNumber?: string;
  readonly startedAt: number;
  readonly refundIds: readonly string[];
}

/** How the journal finds the payment again after this change. `before` is undefined for a new payment. */
export function rowOf(after: Payment, before?: Payment): PaymentRow {
  const known = before?.refunds.length ?? 0;
  return {
    saleId: after.saleId,
    reference: after.order.reference,
    state: after.state,
    open: isOpen(after),
    startedAt: after.startedAt,
    refundIds: after.refunds.slice(known).map((refund) => refund.order.refundId),
    ...(after.receiptNumber !== undefined && { receiptNumber: after.receiptNumber }),
  };
}

/** Times in milliseconds since 1970. `limit` at most 500. */
export interface PaymentQuery {
  readonly saleId?: string;
  readonly receiptNumber?: string;
  readonly state?: PaymentState;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}
