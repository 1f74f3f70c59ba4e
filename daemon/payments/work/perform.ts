import { assert } from "../../protocol/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { PaymentState } from "../../protocol/values.ts";
import type { Names } from "../payment/names.ts";
import type { Step } from "../payment/next-step.ts";
import { type Payment, type PaymentEvent, type Refund, type RefundOrder, refundedSoFar } from "../payment/payment.ts";
import type { Gateway, Refused } from "../ports/gateway.ts";
import type { Run } from "./run.ts";
import { type Finding, fromLook, ifHappens, ifUnderWay, learnt, waitMore } from "./step-result.ts";

export interface Ports {
  readonly gateway: Gateway;
  readonly names: Names;
  readonly log: Logger;
}

export type Effect = Extract<Step, { do: "look" | "create" | "capture" | "withdraw" | "release" | "refund" }>;

/**
 * Carries out one step at MobilePay. Where an earlier request with the same key may have taken effect, it looks first.
 * Never guesses: what is not known stays unknown and is asked again.
 */
export function perform(run: Run, step: Effect, ports: Ports): Promise<Finding> {
  switch (step.do) {
    case "look":
      return look(run, ports);
    case "create":
      return create(run, ports);
    case "capture":
      return capture(run, ports);
    case "withdraw":
      return withdraw(run, ports);
    case "release":
      return release(run, ports);
    case "refund":
      return refund(run, step.refund, ports);
  }
}

async function look(run: Run, { gateway }: Ports): Promise<Finding> {
  const { reference } = run.payment.order;
  const seen = await gateway.look(reference);
  if (seen.kind === "notFound") return notThere(run.payment);
  return fromLook(run.payment, seen);
}

/** A payment that waits for its customer is not at MobilePay, unless the journal has forgotten that it was asked for. */
function notThere({ state }: Payment): Finding {
  if (state === "waitingForCustomer") return learnt(() => []);
  return state === "requesting" ? waitMore : { kind: "contradiction" };
}

async function create(run: Run, ports: Ports): Promise<Finding> {
  const { create: intent, order } = run.payment;
  assert(intent, "a create has its intent");
  if (run.sends.inDoubt(intent.key)) {
    const seen = await ports.gateway.look(order.reference);
    if (seen.kind !== "notFound") return fromLook(run.payment, seen);
    if (!goesOn(run, "requesting")) return waitMore;
  }
  run.sends.sent(intent.key);
  const answer = await ports.gateway.create({ reference: order.reference, ...intent });
  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") return refusedUnlessSeen(run, ports, answer, "createRefused");
  run.sends.answered(intent.key);
  const { qrContent } = answer.value;
  return learnt(ifHappens({ type: "created", ...(qrContent !== undefined && { qrContent }) }));
}

async function capture(run: Run, ports: Ports): Promise<Finding> {
  const { capture: intent, order } = run.payment;
  assert(intent, "a capture has its intent");
  if (run.sends.inDoubt(intent.key)) {
    const finding = await look(run, ports);
    if (finding.kind !== "learnt" || finding.events(run.payment).length > 0) return finding;
    if (!goesOn(run, "capturing")) return finding;
  }
  run.sends.sent(intent.key);
  const answer = await ports.gateway.capture({ reference: order.reference, ...intent });
  if (answer.kind === "refused") return refusedUnlessSeen(run, ports, answer, "captureRefused");
  if (answer.kind === "ok" && answer.value.captured < order.amount.value) return { kind: "contradiction" };
  if (answer.kind === "ok") run.sends.answered(intent.key);
  return fromLook(run.payment, answer);
}

/** Whether the step is still to be taken after MobilePay was asked: the sale may have been given up meanwhile. */
function goesOn(run: Run, state: PaymentState): boolean {
  return run.wanted && run.payment.state === state;
}

/**
 * A refusal may mean that the thing is already done, or can no longer be done: MobilePay's own view decides. A refusal sticks
 * to its key, so that an earlier request with the same key cannot take effect any more.
 */
async function refusedUnlessSeen(
  run: Run,
  { gateway }: Ports,
  { failure }: Refused,
  type: "createRefused" | "captureRefused",
): Promise<Finding> {
  const seen = await gateway.look(run.payment.order.reference);
  if (seen.kind === "notFound" && type === "createRefused") return learnt(ifHappens({ type, failure }));
  const finding = fromLook(run.payment, seen);
  if (finding.kind !== "learnt" || finding.events(run.payment).length > 0) return finding;
  return learnt(ifHappens({ type, failure }));
}

/** Takes the request back, if the customer has not approved it: then MobilePay refuses, and its view tells that money is reserved. */
async function withdraw(run: Run, ports: Ports): Promise<Finding> {
  const { order, create: intent } = run.payment;
  // As it was when MobilePay was asked: what arrives there while its answer travels is not in the answer.
  const quiet = !intent || run.sends.quiet(intent.key);
  const answer = await cancel(run, "withdraw", ports);
  if (answer.kind === "ok") return fromLook(run.payment, answer);
  if (answer.kind === "unknown") return answer;
  // "No such payment" may be the echo of an earlier answer with this key. A question is answered anew each time.
  const seen = await ports.gateway.look(order.reference);
  if (seen.kind !== "notFound") return fromLook(run.payment, seen);
  return answer.kind === "notFound" && quiet ? learnt(ifHappens({ type: "neverReached" })) : waitMore;
}

async function release(run: Run, ports: Ports): Promise<Finding> {
  const answer = await cancel(run, "release", ports);
  if (answer.kind !== "refused") return fromLook(run.payment, answer);
  return fromLook(run.payment, await ports.gateway.look(run.payment.order.reference));
}

/** A refusal sticks to its key, "no such payment" too: also when the payment arrives a minute later. */
async function cancel(run: Run, kind: "withdraw" | "release", { gateway, names }: Ports) {
  const { reference } = run.payment.order;
  const key = names.cancelKey(reference, kind, run.cancelsRefused + 1);
  const answer = await gateway.cancel(reference, key, kind === "withdraw");
  if (answer.kind === "refused" || answer.kind === "notFound") run.cancelRefused();
  return answer;
}

async function refund(run: Run, { order }: Refund, { gateway }: Ports): Promise<Finding> {
  const { reference } = run.payment.order;
  const done = learnt(ifUnderWay(order.refundId, [{ type: "refunded", refundId: order.refundId }]));
  const doubted = run.sends.inDoubt(order.key);
  if (doubted) {
    const landed = await gateway.landed(reference, order.key);
    if (landed.kind !== "ok") return landed.kind === "unknown" ? landed : waitMore;
    if (landed.value) return landedBefore(reference, order, gateway);
  }
  run.sends.sent(order.key);
  const answer = await gateway.refund({ reference, key: order.key, body: order.body });
  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") {
    const landed = doubted ? await gateway.landed(reference, order.key) : { kind: "ok" as const, value: false };
    if (landed.kind !== "ok") return landed.kind === "unknown" ? landed : waitMore;
    if (landed.value) return landedBefore(reference, order, gateway);
    const refused = { type: "refundRefused", refundId: order.refundId, failure: answer.failure } as const;
    return learnt(ifUnderWay(order.refundId, [refused]));
  }
  if (answer.value.refunded < refundedSoFar(run.payment) + order.amount.value) return { kind: "contradiction" };
  run.sends.answered(order.key);
  return done;
}

/**
 * A refund that took effect before we knew. After a lost journal its amount was taken over as given back elsewhere, and must not
 * count twice.
 */
async function landedBefore(
  reference: string,
  { refundId, amount }: RefundOrder,
  gateway: Pick<Gateway, "look">,
): Promise<Finding> {
  const seen = await gateway.look(reference);
  if (seen.kind !== "ok") return seen.kind === "unknown" ? seen : waitMore;
  return learnt((payment) => {
    const twice = refundedSoFar(payment) + amount.value - seen.value.refunded;
    const elsewhere = payment.refundedElsewhereMinor - twice;
    const isCounted = payment.state === "completed" && twice > 0 && elsewhere >= 0;
    const recount: PaymentEvent[] = isCounted ? [{ type: "refundedElsewhere", amountMinor: elsewhere }] : [];
    return ifUnderWay(refundId, [...recount, { type: "refunded", refundId }])(payment);
  });
}
