import { describe, expect, test } from "vitest";
import type { PaymentEvent, Payment } from "../../daemon/payments/payment/payment.ts";
import { isFinal, refundsUnderWay, reserved } from "../../daemon/payments/payment/payment.ts";
import { apply, fold } from "../../daemon/payments/payment/fold.ts";
import { choicesFor, situation } from "../../daemon/payments/payment/rules.ts";
import { paymentView } from "../../daemon/payments/payment/view.ts";
import type { Snapshot } from "../../daemon/payments/ports/gateway.ts";
import { compare } from "../../daemon/payments/reconcile/compare.ts";
import { doubted, observe } from "../../daemon/payments/work/observe.ts";
import type { Money } from "../../daemon/protocol/values.ts";
import { started } from "../support/orders.ts";

// What MobilePay shows is a fact, whoever did it: every state that a payment can be in, against every sum that MobilePay can show.

const intent = { key: "key", body: "{}" };
const failure = { code: "MOBILEPAY_REFUSED", message: "no" };
const amount = { currency: "DKK" as const, value: 4990 };
const whole: PaymentEvent[] = [{ type: "requested", ...intent }, { type: "created" }, { type: "authorized" }];
const refund = (value: number) => ({ refundId: `refund-${value}`, amount: { ...amount, value }, ...intent });

/** A past for every state, with a receipt and without, and with each thing that another till or the portal can have done before. */
const pasts: Record<string, (capture: Capture) => PaymentEvent[]> = {
  waitingForCustomer: () => [],
  requesting: () => whole.slice(0, 1),
  waitingForApproval: () => whole.slice(0, 2),
  "approved, nothing else": () => whole,
  "capturing, asked": (capture) => [...toCapturing(capture), { type: "captureRequested", ...intent }],
  "capturing a part": (capture) => [...toCapturing(capture), { type: "captured", amountMinor: 1000 }],
  taken: (capture) => toTaken(capture),
  completed: (capture) => [...toTaken(capture), ...receiptOf(capture)],
  "completed, a refund under way": (capture) => [
    ...toTaken(capture),
    ...receiptOf(capture),
    { type: "refundStarted", refund: refund(1000) },
  ],
  "completed, a part refunded": (capture) => [
    ...toTaken(capture),
    ...receiptOf(capture),
    { type: "refundStarted", refund: refund(1000) },
    { type: "refunded", refundId: "refund-1000" },
  ],
  cancelling: () => [...whole.slice(0, 2), { type: "cancelRequested" }],
  "needsDecision, reserved": () => [...whole.slice(0, 2), { type: "cancelRequested" }, { type: "authorized" }],
  "needsDecision, capture refused": (capture) => [
    ...toCapturing(capture),
    { type: "captureRequested", ...intent },
    { type: "captureRefused", failure },
  ],
  "needsDecision, contradicted": () => [...whole.slice(0, 2), { type: "contradicted" }],
  "needsDecision, another amount": () => [
    ...whole.slice(0, 1),
    { type: "contradicted", amount: { ...amount, value: 5000 } },
  ],
  "refunding, reserved": () => [
    ...whole.slice(0, 2),
    { type: "cancelRequested" },
    { type: "authorized" },
    { type: "decided", decision: "refund" },
  ],
  "settled, reserved": () => [
    ...whole.slice(0, 2),
    { type: "cancelRequested" },
    { type: "authorized" },
    { type: "decided", decision: "settled" },
  ],
  cancelled: () => [{ type: "requested", ...intent }, { type: "cancelRequested" }, { type: "neverReached" }],
  "cancelled, released": (capture) => [...toCapturing(capture).slice(0, 3), { type: "released" }],
  failed: () => [
    { type: "requested", ...intent },
    { type: "createRefused", failure },
  ],
  rejected: () => [...whole.slice(0, 2), { type: "rejected" }],
  expired: () => [...whole.slice(0, 2), { type: "expired" }],
  refunded: () => [
    ...whole.slice(0, 2),
    { type: "cancelRequested" },
    { type: "authorized" },
    { type: "decided", decision: "refund" },
    { type: "released" },
  ],
};

type Capture = "onApproval" | "onReceipt";
const receipt: PaymentEvent = { type: "receiptMade", receiptNumber: "r-1" };

/** On receipt the money is taken once there is one. */
function toCapturing(capture: Capture): PaymentEvent[] {
  return capture === "onApproval" ? whole : [...whole, receipt];
}

function toTaken(capture: Capture): PaymentEvent[] {
  return [...toCapturing(capture), { type: "captureRequested", ...intent }, { type: "captured" }];
}

function receiptOf(capture: Capture): PaymentEvent[] {
  return capture === "onApproval" ? [receipt] : [];
}

function pastOf(capture: Capture, events: readonly PaymentEvent[]): Payment {
  const begin = started("payment-1") as PaymentEvent & { type: "started" };
  const first: PaymentEvent = { ...begin, order: { ...begin.order, amount, capture } };
  return fold([first, ...events].map((event) => ({ ...event, at: 0 })));
}

function after(payment: Payment, events: readonly PaymentEvent[]): Payment {
  return events.reduce((before, event) => apply(before, { ...event, at: 0 }), payment);
}

const parts = [0, 1000, 3990, 4990];

/** Every list of one of each. */
function product<Item>(...lists: readonly (readonly Item[])[]): Item[][] {
  return lists.reduce<Item[][]>((lines, list) => lines.flatMap((line) => list.map((item) => [...line, item])), [[]]);
}

/** Everything that MobilePay can show under the reference, sums that cannot be among them. */
const snapshots: readonly Snapshot[] = [
  ...(["CREATED", "AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED"] as const).flatMap((state) =>
    product([0, 3990, 4990], parts, parts, parts).map((sums) => snapshotOf(amount, state, sums)),
  ),
  ...parts.map((captured) => snapshotOf({ currency: "DKK", value: 5000 }, "AUTHORIZED", [5000, captured])),
  ...parts.map((captured) => snapshotOf({ currency: "NOK", value: 4990 }, "AUTHORIZED", [4990, captured])),
];

function snapshotOf(seen: Money, state: Snapshot["state"], sums: readonly number[]): Snapshot {
  const [authorized = 0, captured = 0, cancelled = 0, refunded = 0] = sums;
  return { reference: "reference-payment-1", amount: seen, state, authorized, captured, cancelled, refunded };
}

const cases = (["onApproval", "onReceipt"] as const).flatMap((capture) =>
  Object.entries(pasts).map(([name, events]) => [`${name} (${capture})`, pastOf(capture, events(capture))] as const),
);

/** Everything that a payment can come to by one answer, with the answer. */
function* learnt(payment: Payment): Generator<{ seen: Snapshot; now: Payment; believed: boolean }> {
  for (const seen of snapshots) {
    const events = observe(payment, seen);
    const believed = events !== "contradiction";
    yield { seen, believed, now: after(payment, believed ? events : doubted(payment, seen)) };
  }
}

describe.each(cases)("%s", (_name, payment) => {
  test("shows MobilePay's own sums, and learns each thing once", () => {
    for (const { seen, now, believed } of learnt(payment)) {
      if (!believed) continue;
      const view = paymentView(now);
      const said = JSON.stringify({ seen, now });
      expect([view.authorized, view.captured, view.cancelled], said).toEqual([
        seen.authorized,
        seen.captured,
        seen.authorized > 0 ? seen.cancelled : 0,
      ]);
      if (refundsUnderWay(now) === 0) expect(view.refunded, said).toBe(seen.refunded);
      expect(view.left, said).toBe(Math.max(0, view.captured - view.refunded - refundsUnderWay(now)));
      expect(observe(now, seen), said).toEqual([]);
    }
  });

  test("is then over, moving, or before a person with true words and a choice", () => {
    for (const { seen, now } of learnt(payment)) {
      const said = JSON.stringify({ seen, now });
      if (now.state === "needsDecision") {
        expect(choicesFor(now), said).not.toEqual([]);
        expect(situation(now), said).not.toBe("checking");
      }
      if (now.contradiction && !isFinal(now)) expect(choicesFor(now), said).toEqual(["settled"]);
      if (isFinal(now) && now.state !== "completed" && now.decision === undefined) {
        expect(paymentView(now).left, said).toBe(0);
        expect(reserved(now), said).toBe(0);
        expect(now.receiptNumber, said).toBeUndefined();
      }
    }
  });

  test("what truly cannot be is the only thing that is not believed", () => {
    for (const { seen, believed } of learnt(payment)) {
      const { authorized, captured, cancelled, refunded } = seen;
      const addsUp =
        seen.amount.value === amount.value &&
        seen.amount.currency === amount.currency &&
        refunded <= captured &&
        (authorized > 0
          ? captured + cancelled <= authorized && seen.state !== "CREATED"
          : captured === 0 && seen.state !== "AUTHORIZED");
      const view = paymentView(payment);
      const wentDown =
        authorized < view.authorized ||
        captured < view.captured ||
        cancelled < view.cancelled ||
        refunded < view.refunded ||
        (authorized === 0 && payment.state === "rejected" && seen.state !== "ABORTED") ||
        (authorized === 0 && payment.state === "expired" && seen.state !== "EXPIRED");
      expect(believed, JSON.stringify({ seen, payment })).toBe(addsUp && !wentDown);
    }
  });

  test("every choice on it ends, whether MobilePay does what is asked or refuses for good", () => {
    for (const { seen, now } of learnt(payment)) {
      if (now.state !== "needsDecision") continue;
      const choices = choicesFor(now);
      const said = JSON.stringify({ seen, now, choices });
      if (choices.includes("refund")) {
        const refunding = after(now, [{ type: "decided", decision: "refund" }]);
        expect(carriedOut(refunding).state, said).toBe("refunded");
        expect(choicesFor(refusedRefund(refunding)), said).toContain("settled");
      }
      if (choices.includes("reRing")) {
        const again = after(now, [{ type: "decided", decision: "reRing" }]);
        expect(["paid", "capturing"], said).toContain(again.state);
        expect(rungUp(again), said).toMatchObject({ state: "completed", receiptNumber: "r-2" });
      }
      const settled = after(now, [{ type: "decided", decision: "settled" }]);
      expect(isFinal(settled), said).toBe(true);
      const again = observe(settled, seen);
      expect(again === "contradiction" ? doubted(settled, seen) : again, said).toEqual([]);
      expect(compare(settled, seen), said).toBe("agrees");
    }
  });
});

/** MobilePay releases what is reserved, and gives back what was taken. */
function carriedOut(payment: Payment): Payment {
  const pending = payment.refunds.filter(({ state }) => state === "refunding").map(({ order }) => order.refundId);
  let now = after(
    payment,
    pending.map((refundId) => ({ type: "refunded", refundId })),
  );
  if (now.state === "refunding" && reserved(now) > 0)
    now = after(now, [{ type: "released", amountMinor: now.cancelled + reserved(now) }]);
  if (now.state !== "refunding") return now;
  const left = refund(paymentView(now).left);
  return after(now, [
    { type: "refundStarted", refund: left },
    { type: "refunded", refundId: left.refundId },
  ]);
}

function refusedRefund(payment: Payment): Payment {
  if (reserved(payment) > 0) return after(payment, [{ type: "releaseRefused", failure }]);
  const left = refund(paymentView(payment).left);
  return after(payment, [
    { type: "refundStarted", refund: left },
    { type: "refundRefused", refundId: left.refundId, failure },
  ]);
}

function rungUp(payment: Payment): Payment {
  const made: PaymentEvent = { type: "receiptMade", receiptNumber: "r-2" };
  const taken: PaymentEvent[] = [{ type: "captureRequested", ...intent }, { type: "captured" }];
  if (payment.state === "capturing") return after(payment, [...taken, made]);
  const receipted = after(payment, [made]);
  return receipted.state === "capturing" ? after(receipted, taken) : receipted;
}
