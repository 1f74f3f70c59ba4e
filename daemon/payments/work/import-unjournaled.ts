import type { Params } from "../../protocol/methods.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { fold } from "../payment/fold.ts";
import { fingerprint, type ReferencesAndKeys, soldByOf } from "../payment/references-and-keys.ts";
import type { PaymentEvent, PaymentOrder } from "../payment/payment.ts";
import type { Gateway, Snapshot } from "../ports/gateway.ts";
import { addsUp, observe } from "./observe.ts";
import type { PaymentProcesses } from "./payment-processes.ts";

interface ImportPorts {
  readonly gateway: Pick<Gateway, "getPayment">;
  readonly keys: ReferencesAndKeys;
  readonly log: Logger;
  readonly processes: Pick<PaymentProcesses, "withPayment" | "append">;
  readonly claims: { inTurn<Value>(work: () => Promise<Value>): Promise<Value> };
  readonly capture: Capture;
}

type Capture = PaymentOrder["capture"];

/** What a purchase that the journal does not know is called here, and at MobilePay. */
export interface Unjournaled {
  readonly paymentId: string;
  readonly reference: string;
}

/** What is known of the order without MobilePay. */
type KnownOrder = Pick<PaymentOrder, "paymentId" | "capture" | "soldBy">;

/** Of an order that was taken over from MobilePay: what the POS had asked for is not known any more. */
const importedFingerprint = "lost";

/**
 * Takes over a payment that only MobilePay knows any more. Returns whether there is one, here or there. MobilePay is asked before the
 * turn in which it is taken over: its answer may take long, and other sales go on meanwhile.
 */
export async function importUnjournaled(
  { paymentId, reference }: Unjournaled,
  eventsOf: typeof importedSale,
  { gateway, keys, log, processes, claims, capture }: ImportPorts,
): Promise<boolean> {
  if (await isJournaled(paymentId, processes)) return true;
  const seen = await findUnjournaled(reference, gateway);
  const soldBy = keys.paymentId(reference) === undefined ? soldByOf(reference) : undefined;
  const events = seen && eventsOf({ paymentId, capture, ...(soldBy !== undefined && { soldBy }) }, seen);
  return claims.inTurn(async () => {
    if (await isJournaled(paymentId, processes)) return true;
    if (!events) return false;
    await processes.append(paymentId, events);
    log.warn("a purchase that is not in the journal was taken over from MobilePay", { reference: seen.reference });
    return true;
  });
}

export async function isJournaled(
  paymentId: string,
  processes: Pick<PaymentProcesses, "withPayment">,
): Promise<boolean> {
  return (await processes.withPayment(paymentId, async () => true)) ?? false;
}

/**
 * What MobilePay knows under a reference that the journal does not: after the journal was lost, names that follow from the POS's
 * ids lead to the same payment again. Undefined when it knows nothing. Throws `OUTCOME_UNKNOWN` when it gave no usable answer.
 */
export async function findUnjournaled(
  reference: string,
  gateway: Pick<Gateway, "getPayment">,
): Promise<Snapshot | undefined> {
  if (!/^[a-zA-Z0-9-]{8,64}$/.test(reference)) return undefined;
  const seen = await gateway.getPayment(reference);
  if (seen.kind === "notFound") return undefined;
  // What cannot be true says nothing, not even that there is no purchase.
  if (seen.kind !== "ok" || seen.value.reference !== reference || !addsUp(seen.value))
    throw new BridgeError("OUTCOME_UNKNOWN");
  return seen.value;
}

/**
 * A purchase of which the journal was lost, taken over as finished: MobilePay has taken the money, and the POS speaks of it as of a
 * purchase. Undefined when no money was taken. Throws `NOT_REFUNDABLE` where a part was taken and the rest may still be: it is not over.
 */
export function importedSale(known: KnownOrder, seen: Snapshot): PaymentEvent[] | undefined {
  if (seen.captured === 0) return undefined;
  const elsewhere: PaymentEvent[] =
    seen.refunded > 0 ? [{ type: "refundedElsewhere", amountMinor: seen.refunded }] : [];
  return [{ type: "started", order: importedOrder(known, seen) }, ...adopted(seen), ...elsewhere];
}

function adopted({ amount, captured, cancelled }: Snapshot): PaymentEvent[] {
  if (captured === amount.value) return [{ type: "adopted" }];
  if (captured + cancelled !== amount.value) throw new BridgeError("NOT_REFUNDABLE");
  return [
    { type: "adopted", amountMinor: captured },
    { type: "released", amountMinor: cancelled },
  ];
}

/**
 * A payment of which the journal was lost, as MobilePay has it: the POS has made its receipt. Undefined when it is not approved, or its
 * money is only about to be taken. Where others let the money go meanwhile, the receipt comes before a person.
 */
export function importedPaid(known: KnownOrder, seen: Snapshot): PaymentEvent[] | undefined {
  const started: PaymentEvent = { type: "started", order: importedOrder(known, seen) };
  const observed = observe(fold([{ ...started, at: 0 }]), seen);
  if (observed === "contradiction") return undefined;
  const events = [started, ...observed];
  const { state, authorized } = fold(events.map((event) => ({ ...event, at: 0 })));
  return authorized > 0 && state !== "capturing" ? events : undefined;
}

function importedOrder(known: KnownOrder, { reference, amount }: Snapshot): PaymentOrder {
  const unknown = { saleId: known.paymentId, customer: { by: "tillTag" }, fingerprint: importedFingerprint } as const;
  return { ...known, reference, amount, ...unknown };
}

/** Whether a call repeats this order. Of one that was taken over only the amount is known. */
export function isSameOrder(order: PaymentOrder, params: Params<"payment.start">): boolean {
  if (order.fingerprint !== importedFingerprint) return order.fingerprint === fingerprint(params);
  return order.amount.value === params.amount.value && order.amount.currency === params.amount.currency;
}
