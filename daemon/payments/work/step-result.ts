import { canHappen } from "../payment/machine.ts";
import type { Payment, PaymentEvent } from "../payment/payment.ts";
import type { GatewayAnswer, NotFound, Snapshot, Unknown } from "../ports/gateway.ts";
import { observe } from "./observe.ts";

/** What came of a step: events to make durable (decided on the state at that time), or that nothing was learnt. */
export type StepResult =
  | { readonly kind: "observed"; readonly events: (payment: Payment) => readonly PaymentEvent[] }
  | { readonly kind: "contradiction"; readonly seen: Snapshot | NotFound }
  | Unknown;

/** Nothing new, and nothing wrong: ask again later. */
export const waitMore: Unknown = { kind: "unknown", why: "busy" };

export function fromAnswer(payment: Payment, answer: GatewayAnswer<Snapshot> | NotFound): StepResult {
  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") return waitMore;
  const seen = answer.kind === "ok" ? answer.value : answer;
  if ("kind" in seen || observe(payment, seen) === "contradiction") return { kind: "contradiction", seen };
  return observed((now) => {
    const events = observe(now, seen);
    return events === "contradiction" ? [] : events;
  });
}

export function observed(events: (payment: Payment) => readonly PaymentEvent[]): StepResult {
  return { kind: "observed", events };
}

/** The state may have moved while MobilePay was asked: what the table has no cell for any more is known already. */
export function ifHappens(event: PaymentEvent): (payment: Payment) => readonly PaymentEvent[] {
  return (payment) => (canHappen(payment, event.type) ? [event] : []);
}

export function ifUnderWay(
  refundId: string,
  events: readonly PaymentEvent[],
): (payment: Payment) => readonly PaymentEvent[] {
  return (payment) =>
    payment.refunds.some((refund) => refund.order.refundId === refundId && refund.state === "refunding") ? events : [];
}
