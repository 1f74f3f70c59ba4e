import { assert } from "../../protocol/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { PaymentState } from "../../protocol/values.ts";
import { apply } from "../payment/fold.ts";
import type { ReferencesAndKeys } from "../payment/references-and-keys.ts";
import type { PaymentStep } from "../payment/next-step.ts";
import { type Payment, type PaymentEvent, type Refund, type RefundOrder, refundedSoFar } from "../payment/payment.ts";
import type { Gateway, NotFound, Refused } from "../ports/gateway.ts";
import { observe } from "./observe.ts";
import type { PaymentProcess } from "./payment-process.ts";
import { mayBeAmong, wasRefunded } from "./earlier-refunds.ts";
import { type StepResult, fromAnswer, ifHappens, ifUnderWay, observed, waitMore } from "./step-result.ts";

export interface Ports {
  readonly gateway: Gateway;
  readonly keys: ReferencesAndKeys;
  readonly log: Logger;
}

/** MobilePay does not withdraw what the customer has approved. Source: ePayment API, error codes. */
const approvedCode = 6060;

export type Effect = Extract<PaymentStep, { do: "look" | "create" | "capture" | "withdraw" | "release" | "refund" }>;

/**
 * Carries out one step at MobilePay. Where an earlier request with the same key may have taken effect, it looks first.
 * Never guesses: what is not known stays unknown and is asked again.
 */
export function executeStep(process: PaymentProcess, step: Effect, ports: Ports): Promise<StepResult> {
  switch (step.do) {
    case "look":
      return getPayment(process, ports);
    case "create":
      return create(process, ports);
    case "capture":
      return capture(process, ports);
    case "withdraw":
      return cancelUnapproved(process, ports);
    case "release":
      return voidAuthorization(process, ports);
    case "refund":
      return refund(process, step.refund, ports);
  }
}

async function getPayment(process: PaymentProcess, { gateway }: Ports): Promise<StepResult> {
  const { reference } = process.payment.order;
  const seen = await gateway.getPayment(reference);
  if (seen.kind === "notFound") return onNotFound(process.payment, seen);
  return fromAnswer(process.payment, seen);
}

/** A payment whose request is not known to have arrived, or that waits for its customer, may not be at MobilePay. */
function onNotFound({ state }: Payment, seen: NotFound): StepResult {
  const mayBeAbsent = state === "waitingForCustomer" || state === "requesting" || state === "cancelling";
  return mayBeAbsent ? observed(() => []) : { kind: "contradiction", seen };
}

async function create(process: PaymentProcess, ports: Ports): Promise<StepResult> {
  const { create: intent, order } = process.payment;
  assert(intent, "a create has its intent");
  const isUnsure = process.inFlight.mayHaveBeenApplied(intent.key);
  if (isUnsure) {
    const seen = await ports.gateway.getPayment(order.reference);
    const result = seen.kind === "notFound" ? waitMore : fromAnswer(process.payment, seen);
    // Nothing new of one that is there: its code for the screen is still to come, by the same request.
    const isToBeSent = seen.kind === "notFound" || !isNews(result, process);
    if (!isToBeSent || !isStillDue(process, "requesting")) return result;
  }
  process.inFlight.sent(intent.key);
  const answer = await ports.gateway.create({ reference: order.reference, ...intent });
  // A look would fail by the same keys, and hide the reason.
  if (answer.kind === "refused" && answer.isUntouched && !isUnsure)
    return observed(ifHappens({ type: "createRefused", failure: answer.failure }));
  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "createRefused");
  process.inFlight.answered(intent.key);
  const { qrContent } = answer.value;
  return observed(ifHappens({ type: "created", ...(qrContent !== undefined && { qrContent }) }));
}

async function capture(process: PaymentProcess, ports: Ports): Promise<StepResult> {
  const { capture: intent, order } = process.payment;
  assert(intent, "a capture has its intent");
  if (process.inFlight.mayHaveBeenApplied(intent.key)) {
    const result = await getPayment(process, ports);
    if (isNews(result, process) || !isStillDue(process, "capturing")) return result;
  }
  process.inFlight.sent(intent.key);
  const answer = await ports.gateway.capture({ reference: order.reference, ...intent });
  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "captureRefused");
  const result = fromAnswer(process.payment, answer);
  if (answer.kind !== "ok") return result;
  const isTaken = answer.value.captured >= order.amount.value;
  if (isTaken) process.inFlight.answered(intent.key);
  // Others may have taken or released a part, so that ours was too much.
  return isTaken || isNews(result, process) ? result : { kind: "contradiction", seen: answer.value };
}

/** Whether MobilePay's answer is other than that nothing has happened since. */
function isNews(result: StepResult, { payment }: PaymentProcess): boolean {
  return result.kind !== "observed" || result.events(payment).length > 0;
}

/** Whether the step is still to be taken after MobilePay was asked: the sale may have been given up meanwhile. */
function isStillDue(process: PaymentProcess, state: PaymentState): boolean {
  return process.isAttended && process.payment.state === state;
}

/**
 * A refusal may mean that the thing is already done, or can no longer be done: MobilePay's own view decides. A refusal sticks
 * to its key, so that an earlier request with the same key cannot take effect any more.
 */
async function refusedUnlessSeen(
  process: PaymentProcess,
  { gateway }: Ports,
  { failure }: Refused,
  type: "createRefused" | "captureRefused",
): Promise<StepResult> {
  const seen = await gateway.getPayment(process.payment.order.reference);
  if (seen.kind === "notFound" && type === "createRefused") return observed(ifHappens({ type, failure }));
  const result = fromAnswer(process.payment, seen);
  if (isNews(result, process)) return result;
  // It is there, and only its code for the screen is lost: a person may still withdraw it.
  const isThere = type === "createRefused" && seen.kind === "ok" && seen.value.state === "CREATED";
  return observed(ifHappens(isThere ? { type: "created" } : { type, failure }));
}

/** Takes the request back, if the customer has not approved it: then MobilePay refuses, and its view shows that money is reserved. */
async function cancelUnapproved(process: PaymentProcess, ports: Ports): Promise<StepResult> {
  const { order, create: intent } = process.payment;
  // As it was when MobilePay was asked: what arrives there while its answer travels is not in the answer.
  const nothingInFlight = intent
    ? process.inFlight.nothingInFlight(intent.key)
    : process.inFlight.nothingOfEarlierLives();
  const answer = await cancel(process, "withdraw", ports);
  if (answer.kind === "ok") return fromAnswer(process.payment, answer);
  if (answer.kind === "unknown") return answer;
  // "No such payment" may be the echo of an earlier answer with this key. A question is answered anew each time.
  const seen = await ports.gateway.getPayment(order.reference);
  const isApproved = answer.kind === "refused" && answer.mobilePayCode === approvedCode;
  if (seen.kind === "unknown" && isApproved) return observed(ifHappens({ type: "authorized" }));
  if (seen.kind !== "notFound") return fromAnswer(process.payment, seen);
  return answer.kind === "notFound" && nothingInFlight ? observed(ifHappens({ type: "neverReached" })) : waitMore;
}

async function voidAuthorization(process: PaymentProcess, ports: Ports): Promise<StepResult> {
  if (process.inFlight.mayHaveBeenApplied(cancelKey(process, "release", ports))) {
    const result = await getPayment(process, ports);
    if (isNews(result, process)) return result;
  }
  const answer = await cancel(process, "release", ports);
  if (answer.kind !== "refused") return fromAnswer(process.payment, answer);
  const result = fromAnswer(process.payment, await ports.gateway.getPayment(process.payment.order.reference));
  return isNews(result, process) ? result : observed(ifHappens({ type: "releaseRefused", failure: answer.failure }));
}

function cancelKey({ payment, cancelsRefused }: PaymentProcess, kind: "withdraw" | "release", { keys }: Ports): string {
  return keys.cancelKey(payment.order.reference, kind, cancelsRefused + 1);
}

/** A refusal sticks to its key, "no such payment" too: also when the payment arrives a minute later. */
async function cancel(process: PaymentProcess, kind: "withdraw" | "release", ports: Ports) {
  const key = cancelKey(process, kind, ports);
  process.inFlight.sent(key);
  const answer = await ports.gateway.cancel(process.payment.order.reference, key, kind === "withdraw");
  if (answer.kind === "refused" || answer.kind === "notFound") process.cancelRefused();
  return answer;
}

/**
 * The sums are looked at before anything is given back: a key is not recognised for ever, and the journal may be an older copy that
 * knows nothing of this refund. Where others' refunds could be this one, MobilePay's log of its events says which it is.
 */
async function refund(process: PaymentProcess, { order }: Refund, { gateway }: Ports): Promise<StepResult> {
  const { reference } = process.payment.order;
  const seen = await gateway.getPayment(reference);
  if (seen.kind !== "ok") return seen.kind === "unknown" ? seen : waitMore;
  const mayBeDone = process.inFlight.mayHaveBeenApplied(order.key) || mayBeAmong(seen.value, process.payment, order);
  if (mayBeDone) {
    const applied = await wasRefunded(process.payment, order, gateway);
    if (applied.kind !== "ok") return applied.kind === "unknown" ? applied : waitMore;
    if (applied.value) return appliedBefore(reference, order, gateway);
  }
  process.inFlight.sent(order.key);
  const answer = await gateway.refund({ reference, key: order.key, body: order.body });
  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") {
    const applied = mayBeDone ? await gateway.wasApplied(reference, order.key) : { kind: "ok" as const, value: false };
    if (applied.kind !== "ok") return applied.kind === "unknown" ? applied : waitMore;
    if (applied.value === true) return appliedBefore(reference, order, gateway);
    return refundRefused(process, order, answer, gateway);
  }
  if (answer.value.refunded < refundedSoFar(process.payment) + order.amount.value)
    return { kind: "contradiction", seen: answer.value };
  process.inFlight.answered(order.key);
  return observed(ifUnderWay(order.refundId, [{ type: "refunded", refundId: order.refundId }]));
}

/** Refused because others gave money back: how much is learnt with it, or the same would be asked for again. */
async function refundRefused(
  process: PaymentProcess,
  { refundId }: RefundOrder,
  { failure }: Refused,
  gateway: Pick<Gateway, "getPayment">,
): Promise<StepResult> {
  const seen = await gateway.getPayment(process.payment.order.reference);
  if (seen.kind === "unknown") return seen;
  return observed((payment) => {
    const [refused] = ifUnderWay(refundId, [{ type: "refundRefused", refundId, failure }])(payment);
    if (!refused) return [];
    const learnt = seen.kind === "ok" ? observe(apply(payment, { ...refused, at: payment.updatedAt }), seen.value) : [];
    return [refused, ...(learnt === "contradiction" ? [] : learnt)];
  });
}

/**
 * A refund that took effect before we knew. After a lost journal its amount was taken over as refunded elsewhere, and must not
 * count twice.
 */
async function appliedBefore(
  reference: string,
  { refundId, amount }: RefundOrder,
  gateway: Pick<Gateway, "getPayment">,
): Promise<StepResult> {
  const seen = await gateway.getPayment(reference);
  if (seen.kind !== "ok") return seen.kind === "unknown" ? seen : waitMore;
  return observed((payment) => {
    const twice = refundedSoFar(payment) + amount.value - seen.value.refunded;
    const elsewhere = payment.refundedElsewhereMinor - twice;
    const isCounted = payment.state === "completed" && twice > 0 && elsewhere >= 0;
    const recount: PaymentEvent[] = isCounted ? [{ type: "refundedElsewhere", amountMinor: elsewhere }] : [];
    return ifUnderWay(refundId, [...recount, { type: "refunded", refundId }])(payment);
  });
}
