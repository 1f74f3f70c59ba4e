import type { Params } from "../../protocol/methods.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { fold } from "../payment/fold.ts";
import { fingerprint, type Names } from "../payment/names.ts";
import type { Payment, PaymentEvent, PaymentOrder } from "../payment/payment.ts";
import type { Gateway, Snapshot } from "../ports/gateway.ts";
import { observe } from "./observe.ts";
import type { Runs } from "./runs.ts";

interface AdoptPorts {
  readonly gateway: Pick<Gateway, "look">;
  readonly names: Names;
  readonly log: Logger;
  readonly runs: Pick<Runs, "use" | "append">;
  readonly capture: Capture;
}

type Capture = PaymentOrder["capture"];

/** Of an order that was taken over from MobilePay: what the POS had asked for is not known any more. */
const lostFingerprint = "lost";

/** Takes over a payment of this till that only MobilePay knows any more. Returns whether there is one, here or there. */
export async function adopt(
  paymentId: string,
  eventsOf: typeof adoptedSale,
  { gateway, names, log, runs, capture }: AdoptPorts,
): Promise<boolean> {
  if (await runs.use(paymentId, async () => true)) return true;
  const seen = await askForLost(names.reference(paymentId), gateway);
  const events = seen && eventsOf(paymentId, seen, capture);
  if (!events) return false;
  await runs.append(paymentId, events);
  log.warn("a purchase that is not in the journal was taken over from MobilePay", { reference: seen.reference });
  return true;
}

/**
 * What MobilePay knows under a reference that the journal does not: after the journal was lost, names that follow from the POS's
 * ids lead to the same payment again. Undefined when it knows nothing. Throws `OUTCOME_UNKNOWN` when it gave no usable answer.
 */
export async function askForLost(reference: string, gateway: Pick<Gateway, "look">): Promise<Snapshot | undefined> {
  if (!/^[a-zA-Z0-9-]{8,64}$/.test(reference)) return undefined;
  const seen = await gateway.look(reference);
  if (seen.kind === "notFound") return undefined;
  if (seen.kind !== "ok") throw new BridgeError("OUTCOME_UNKNOWN");
  return seen.value;
}

/**
 * A purchase of which the journal was lost, taken over as finished: MobilePay has taken the money, and the POS speaks of it as of a
 * purchase. Undefined when no money was taken, or only a part of it.
 */
export function adoptedSale(paymentId: string, seen: Snapshot, capture: Capture): PaymentEvent[] | undefined {
  if (seen.captured !== seen.amount.value) return undefined;
  const elsewhere: PaymentEvent[] =
    seen.refunded > 0 ? [{ type: "refundedElsewhere", amountMinor: seen.refunded }] : [];
  return [{ type: "started", order: lostOrder(paymentId, seen, capture) }, { type: "adopted" }, ...elsewhere];
}

/** A payment of which the journal was lost, as paid: the POS is about to make its receipt. Undefined when it is not paid. */
export function adoptedPaid(paymentId: string, seen: Snapshot, capture: Capture): PaymentEvent[] | undefined {
  const started: PaymentEvent = { type: "started", order: lostOrder(paymentId, seen, capture) };
  const learnt = observe(fold([{ ...started, at: 0 }]), seen);
  if (learnt === "contradiction") return undefined;
  const events = [started, ...learnt];
  return fold(events.map((event) => ({ ...event, at: 0 }))).state === "paid" ? events : undefined;
}

function lostOrder(paymentId: string, { reference, amount }: Snapshot, capture: Capture): PaymentOrder {
  const unknown = { saleId: paymentId, customer: { by: "tillTag" }, fingerprint: lostFingerprint } as const;
  return { paymentId, reference, amount, capture, ...unknown };
}

/** Whether a call repeats this order. Of one that was taken over only the amount is known. */
export function isSameOrder(order: PaymentOrder, params: Params<"payment.start">): boolean {
  if (order.fingerprint !== lostFingerprint) return order.fingerprint === fingerprint(params);
  return order.amount.value === params.amount.value && order.amount.currency === params.amount.currency;
}

/** Whether a refund of a payment that was taken over took effect before the journal was lost. Throws `OUTCOME_UNKNOWN`. */
export async function refundedBeforeLoss(
  { order, refunds }: Payment,
  key: string,
  gateway: Pick<Gateway, "landed">,
): Promise<boolean> {
  if (order.fingerprint !== lostFingerprint || refunds.some((refund) => refund.order.key === key)) return false;
  const landed = await gateway.landed(order.reference, key);
  if (landed.kind !== "ok") throw new BridgeError("OUTCOME_UNKNOWN");
  return landed.value;
}
