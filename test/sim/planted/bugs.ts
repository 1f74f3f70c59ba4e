import type { Kind } from "../extra.ts";
import { diskBugs } from "./disk-bugs.ts";
import { kindBugs } from "./kind-bugs.ts";

/** A mistake that somebody could make: a text of the real code, and what it becomes. Each text occurs once in its file. */
export interface PlantedBug {
  readonly name: string;
  /** What the till then does wrong. */
  readonly does: string;
  readonly file: string;
  readonly search: string;
  readonly replace: string;
  /** The proof that it is for, where that is not the fast ones. */
  readonly proof?: "powerCut";
  /** The trouble that shows it: then every simulated story has it. */
  readonly kind?: Kind;
}

const counter = "Reflect.set(globalThis, 'attempts', (Reflect.get(globalThis, 'attempts') ?? 0) + 1)";
const fresh = (key: string) => `(${counter}, ${key} + Reflect.get(globalThis, 'attempts'))`;

const paymentBugs: readonly PlantedBug[] = [
  // Names and keys.
  {
    name: "a fresh key for each create",
    does: "sends a request again under another key",
    file: "daemon/payments/work/execute-step.ts",
    search: "ports.gateway.create({ reference: order.reference, ...intent })",
    replace: `ports.gateway.create({ reference: order.reference, ...intent, key: ${fresh("intent.key")} })`,
  },
  {
    name: "a fresh key for each capture",
    does: "sends a capture again under another key",
    file: "daemon/payments/work/execute-step.ts",
    search: "ports.gateway.capture({ reference: order.reference, ...intent })",
    replace: `ports.gateway.capture({ reference: order.reference, ...intent, key: ${fresh("intent.key")} })`,
  },
  {
    name: "a fresh key for each refund",
    does: "sends a refund again under another key",
    file: "daemon/payments/work/execute-step.ts",
    search: "gateway.refund({ reference, key: order.key, body: order.body })",
    replace: `gateway.refund({ reference, key: ${fresh("order.key")}, body: order.body })`,
  },
  {
    name: "random references",
    does: "asks for money anew when the journal was lost",
    file: "daemon/payments/payment/references-and-keys.ts",
    search: "reference: (paymentId) => `${prefix}-${paymentId}`",
    replace: `reference: (paymentId) => \`\${prefix}-\${paymentId}-\${(${counter}, Reflect.get(globalThis, 'attempts'))}\``,
  },

  // What an answer means.
  {
    name: "a timeout read as a refused request",
    does: "gives a payment up that MobilePay may be asking the customer for",
    file: "daemon/payments/work/execute-step.ts",
    search: `  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "createRefused");`,
    replace: `  if (answer.kind === "unknown")
    return observed(ifHappens({ type: "createRefused", failure: { code: "MOBILEPAY_UNREACHABLE", message: "" } }));
  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "createRefused");`,
  },
  {
    name: "a timeout read as a refused refund",
    does: "says that a refund failed that took effect",
    file: "daemon/payments/work/execute-step.ts",
    search: `  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") {`,
    replace: `  if (answer.kind === "unknown") {
    const failure = { code: "MOBILEPAY_UNREACHABLE", message: "" };
    return observed(ifUnderWay(order.refundId, [{ type: "refundRefused", refundId: order.refundId, failure }]));
  }
  if (answer.kind === "refused") {`,
  },
  {
    name: "a timeout read as a capture",
    does: "makes a receipt for money that was not taken",
    file: "daemon/payments/work/execute-step.ts",
    search: `  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "captureRefused");`,
    replace: `  if (answer.kind === "unknown") return observed(ifHappens({ type: "captured" }));
  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "captureRefused");`,
  },
  {
    name: "a cancellation taken as done on 6060",
    does: "forgets the reservation of a customer who approved in the same moment",
    file: "daemon/payments/work/execute-step.ts",
    search: `  if (answer.kind === "unknown") return answer;
  // "No such payment" may be`,
    replace: `  if (answer.kind === "unknown") return answer;
  if (answer.kind === "refused") return observed(ifHappens({ type: "withdrawn" }));
  // "No such payment" may be`,
  },
  {
    name: "a cancellation that releases what was approved",
    does: "lets a reservation go without asking anybody",
    file: "daemon/payments/work/execute-step.ts",
    search: `gateway.cancel(process.payment.order.reference, key, kind === "withdraw")`,
    replace: `gateway.cancel(process.payment.order.reference, key, false)`,
  },
  {
    name: "a refused request believed at once",
    does: "forgets a payment that a lost journal had asked for",
    file: "daemon/payments/work/execute-step.ts",
    search: `  if (answer.kind === "refused") return refusedUnlessSeen(process, ports, answer, "createRefused");`,
    replace: `  if (answer.kind === "refused") return observed(ifHappens({ type: "createRefused", failure: answer.failure }));`,
  },
  {
    name: "contradictions believed",
    does: "believes an answer about another amount or payment",
    file: "daemon/payments/work/observe.ts",
    search: "if (!isAbout(payment, seen) || !addsUp(seen) || goesBackwards(payment, seen)) return",
    replace: "if (goesBackwards(payment, seen)) return",
  },
  {
    name: "going backwards believed",
    does: "believes that a customer has not approved what MobilePay said was approved",
    file: "daemon/payments/work/observe.ts",
    search: "if (!isAbout(payment, seen) || !addsUp(seen) || goesBackwards(payment, seen)) return",
    replace: "if (!isAbout(payment, seen) || !addsUp(seen)) return",
  },
  {
    name: "our own refund taken for another's",
    does: "counts a refund twice that the sweep sees while it is under way",
    file: "daemon/payments/work/observe.ts",
    search: "if (elsewhere > 0 && refundsUnderWay(collector.payment) === 0) {",
    replace: "if (elsewhere > 0) {",
  },

  // Asking first.
  {
    name: "a refund sent again without asking",
    does: "gives money back twice when MobilePay has forgotten the key",
    file: "daemon/payments/work/execute-step.ts",
    search:
      "const mayBeDone = process.inFlight.mayHaveBeenApplied(order.key) || mayBeAmong(seen.value, process.payment, order);",
    replace: "const mayBeDone = false;",
  },
  {
    name: "sent again while nothing can be written",
    does: "gives money back again, of which nothing can be written down",
    file: "daemon/payments/work/run-payment.ts",
    search: `  await ports.store.writable();`,
    replace: "",
    kind: "outage",
  },
  {
    name: "sums of an older journal believed",
    does: "gives money back again that was given back before the journal was put back to an older copy",
    file: "daemon/payments/work/earlier-refunds.ts",
    search: "return seen.refunded - ownRefunds(payment) >= amount.value;",
    replace: "return seen.refunded < 0 && ownRefunds(payment) >= amount.value;",
  },
  {
    name: "what an earlier life sent is forgotten",
    does: "sends after a restart as if nothing had been sent before",
    file: "daemon/payments/work/in-flight-requests.ts",
    search: "return this.#sentKeys.has(key) || this.#recoveredAtStart;",
    replace: "return this.#sentKeys.has(key);",
  },
  {
    name: "never reached, without waiting",
    does: "gives a payment up whose request is still on its way",
    file: "daemon/payments/work/execute-step.ts",
    search: `    ? process.inFlight.nothingInFlight(intent.key)
    : process.inFlight.nothingOfEarlierLives();`,
    replace: "    ? true : true;",
  },
  {
    name: "never reached, by the time of the answer",
    does: "overlooks a request that arrives while MobilePay's answer travels",
    file: "daemon/payments/work/execute-step.ts",
    search: `return answer.kind === "notFound" && nothingInFlight ?`,
    replace: `return answer.kind === "notFound" && (!intent || process.inFlight.nothingInFlight(intent.key)) ?`,
  },
  {
    name: "the echo of 'no such payment' believed",
    does: "gives a payment up because of an answer that was given before it arrived",
    file: "daemon/payments/work/execute-step.ts",
    search: `  const seen = await ports.gateway.getPayment(order.reference);
  const isApproved`,
    replace: `  const seen = answer.kind === "notFound" ? answer : await ports.gateway.getPayment(order.reference);
  const isApproved`,
  },
  {
    name: "waiting by the wall clock",
    does: "stops waiting for a late request when the till's clock jumps",
    file: "daemon/payments/work/in-flight-requests.ts",
    search: "return this.#world.monotonicMs() - sinceMs",
    replace: "return this.#world.now() - Date.UTC(2026, 0, 5, 9, 0, 0) - sinceMs",
  },
  {
    name: "a lost payment not looked for",
    does: "waits for another customer to pay what is paid",
    file: "daemon/payments/work/payment-process.ts",
    search: `this.#queriedSinceStart = !recoveredAtStart && payment.state !== "waitingForCustomer";`,
    replace: "this.#queriedSinceStart = true;",
  },

  // Who wants the money.
  {
    name: "captured while nobody wants it",
    does: "takes the money for a sale that no page shows",
    file: "daemon/payments/payment/next-step.ts",
    search: `      if (!isAttended) return { do: "look" };
`,
    replace: "",
  },
  {
    name: "every sale is wanted",
    does: "goes on with a sale whose page is gone",
    file: "daemon/payments/work/payment-process.ts",
    search: "return this.isShown || this.#payment.receiptNumber !== undefined",
    replace: "return this.#sessionIds.size >= 0 || this.#payment.receiptNumber !== undefined",
  },
  {
    name: "an abandoned payment captured",
    does: "takes the money although the sale was given up",
    file: "daemon/payments/payment/next-step.ts",
    search: `    case "needsDecision":
      return { do: "look" };`,
    replace: `    case "needsDecision":
      return { do: payment.capture && payment.captured === 0 ? "capture" : "look" };`,
  },
  {
    name: "sent after it was given up",
    does: "asks the customer, or takes the money, after the cancellation was acknowledged",
    file: "daemon/payments/work/execute-step.ts",
    search: "return process.isAttended && process.payment.state === state;",
    replace: "return process.isAttended;",
  },
  {
    name: "taken before there is a receipt",
    does: "takes the money at the approval, where it is to be taken on receipt",
    file: "daemon/payments/payment/machine.ts",
    search: `authorized: whenApproved,`,
    replace: `authorized: "capturing",`,
  },
  {
    name: "completed without the money",
    does: "ends a sale at its receipt, and never takes the reservation",
    file: "daemon/payments/payment/machine.ts",
    search: `receiptMade: whenReceiptMade,`,
    replace: `receiptMade: "completed",`,
  },

  // One payment for one sale.
  {
    name: "SALE_ALREADY_PAID dropped",
    does: "charges a sale again under a new payment id",
    file: "daemon/payments/calls/sale-claims.ts",
    search: "      if (sameSale) return",
    replace: `      if (sameSale && paymentId === "") return`,
  },
  {
    name: "SALE_IN_DOUBT dropped",
    does: "starts a second payment for a sale whose first may still be paid",
    file: "daemon/payments/calls/sale-claims.ts",
    search: "const unresolved = this.#ports.processes.live().find(conflicts);",
    replace:
      "const unresolved = this.#ports.processes.live().find((process) => conflicts(process) && process.paymentId === '');",
  },
  {
    name: "the journal asked before memory",
    does: "overlooks a payment that is completed while the next one is being started",
    file: "daemon/payments/calls/sale-claims.ts",
    search: `    const unresolved = this.#ports.processes.live().find(conflicts);
    if (unresolved)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unresolved.paymentId, state: unresolved.payment.state });
    const { paymentIds } = await this.#ports.store.list({ saleId, state: "completed", limit: 10 });`,
    replace: `    const { paymentIds } = await this.#ports.store.list({ saleId, state: "completed", limit: 10 });
    const unresolved = this.#ports.processes.live().find(conflicts);
    if (unresolved)
      return new BridgeError("SALE_IN_DOUBT", { paymentId: unresolved.paymentId, state: unresolved.payment.state });`,
  },
  {
    name: "rung up again for a sale that is paid",
    does: "uses a second paid transaction for a sale that has one",
    file: "daemon/payments/payments.ts",
    search: `const claimsSale = isNew && params.decision === "reRing";`,
    replace: "const claimsSale = isNew && params.decision === 'never';",
  },

  // Giving back.
  {
    name: "the refund's total checked outside the queue",
    does: "accepts refunds at once that are together more than was paid",
    file: "daemon/payments/calls/refunds.ts",
    search: "await process.change((payment) => refunding(payment, params, context, applied));",
    replace: `const events = refunding(process.payment, params, context, applied);
      await process.change(() => events);`,
  },
  {
    name: "refunds under way not counted",
    does: "accepts more refunds than there is money left",
    file: "daemon/payments/payment/rules.ts",
    search: "const left = Math.max(0, kept(payment) - refundsUnderWay(payment));",
    replace: "const left = Math.max(0, kept(payment));",
  },
  {
    name: "all given back, whatever was given back before",
    does: "asks to give back more than is left after a refund in the portal, again and again",
    file: "daemon/payments/payment/intents.ts",
    search: "value: kept(payment) }",
    replace: "value: payment.captured }",
  },
  {
    name: "a part of the money taken for all of it",
    does: "shows the whole sale as paid when others have taken a part of it",
    file: "daemon/payments/payment/fold.ts",
    search: "captured: event.amountMinor ?? whole };",
    replace: "captured: whole };",
  },
  {
    name: "a receipt without money forgotten",
    does: "ends a sale of which a receipt was made and the reservation was let go in the portal",
    file: "daemon/payments/payment/machine.ts",
    search: `if (isOver) return "needsDecision";`,
    replace: `if (isOver) return "cancelled";`,
  },
  {
    name: "refunds under way forgotten at the restart",
    does: "never finishes a refund that was under way when the power went",
    file: "daemon/payments/ports/store.ts",
    search: "open: isOpen(after),",
    replace: "open: !['completed', 'cancelled', 'rejected', 'expired', 'failed', 'refunded'].includes(after.state),",
  },
  {
    name: "decided on what was seen before the refusal",
    does: "lets a person decide again on money that was given back elsewhere",
    file: "daemon/payments/work/payment-process.ts",
    search: `const isUnverified = !fromAnswer || before.state === "refunding";`,
    replace: "const isUnverified = !queriedSinceStart;",
  },

  // Decisions.
  {
    name: "the decision carried out before it is on disk",
    does: "gives the money back, and then asks again what to do with it",
    file: "daemon/payments/work/run-payment.ts",
    search: `    case "recordRefund":
      return record(process, refundIntent(process.payment, ports));`,
    replace: `    case "recordRefund": {
      const intent = refundIntent(process.payment, ports);
      if (intent.type === "refundStarted")
        await ports.gateway.refund({ reference: process.payment.order.reference, ...intent.refund });
      return record(process, intent);
    }`,
  },
  {
    name: "a decision answered before it is on disk",
    does: "forgets a decision that the cashier was told of",
    file: "daemon/payments/payments.ts",
    search: "await process.change(() => decide(process, params));",
    replace: "void process.change(() => decide(process, params)).catch(() => undefined);",
  },
  {
    name: "a cancellation after the decision",
    does: "leaves a payment that nobody can decide on any more",
    file: "daemon/payments/payment/commands.ts",
    search: "payment.receiptNumber !== undefined || payment.decision !== undefined;",
    replace: "payment.receiptNumber !== undefined;",
  },
  {
    name: "the old receipt counts after ringing up again",
    does: "ends a payment that was rung up again without its new receipt",
    file: "daemon/payments/payment/fold.ts",
    search: `return decision === "reRing" && state !== "capturing"`,
    replace: `return decision === "never" && state !== "capturing"`,
  },
];

export const plantedBugs: readonly PlantedBug[] = [...paymentBugs, ...diskBugs, ...kindBugs];
