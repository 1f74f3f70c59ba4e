import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canHappen, machine } from "../../daemon/payments/payment/machine.ts";
import { apply, fold } from "../../daemon/payments/payment/fold.ts";
import {
  isFinal,
  kept,
  type Payment,
  type PaymentEvent,
  type PaymentOrder,
  refundedSoFar,
} from "../../daemon/payments/payment/payment.ts";
import { choicesFor } from "../../daemon/payments/payment/rules.ts";

// The table people read in docs/recovery.md, run: every past that the machine allows is walked, and what each event leads to
// in each state must be what the table says, no more and no less.

const documented = readTable();
const pasts = allPasts();
const reached = walk();

test("the table in docs/recovery.md names every state", () => {
  expect([...documented.keys()].toSorted()).toEqual(Object.keys(machine).toSorted());
});

test.each(Object.keys(machine))("in %s each event leads where the table says", (state) => {
  expect(Object.fromEntries(reached.get(state) ?? [])).toEqual(Object.fromEntries(documented.get(state) ?? []));
});

test.each(Object.keys(machine))(
  "in %s every event without a cell stops the daemon rather than being believed",
  (state) => {
    const cells = documented.get(state);
    for (const payment of pasts.filter((past) => past.state === state)) {
      for (const event of allEvents(payment).filter(({ type }) => !cells?.has(type))) {
        expect(() => apply(payment, { ...event, at: 0 }), `${event.type} in ${JSON.stringify(payment)}`).toThrow(
          "cannot happen",
        );
      }
    }
  },
);

test("money that was taken never ends in a state that forgets it", () => {
  for (const payment of pasts) {
    const forgotten = isFinal(payment) && kept(payment) > 0 && payment.state !== "completed";
    expect(forgotten, JSON.stringify(payment)).toBe(false);
  }
});

test("a receipt without money is never over before a person has decided", () => {
  for (const payment of pasts) {
    const { state, receiptNumber, decision } = payment;
    const forgotten =
      isFinal(payment) && state !== "completed" && receiptNumber !== undefined && decision === undefined;
    expect(forgotten, JSON.stringify(payment)).toBe(false);
  }
});

type Cells = Map<string, Map<string, string[]>>;

/** Lines such as `paid   receiptMade → completed | capturing · abandoned → needsDecision`. */
function readTable(): Cells {
  const text = readFileSync(new URL("../../docs/recovery.md", import.meta.url), "utf8");
  const lines = /```states\n([\s\S]*?)```/.exec(text)?.[1]?.trim().split("\n") ?? [];
  return new Map(
    lines.map((line) => {
      const [state = "", rest = ""] = line.split(/\s{2,}/);
      const cells = rest.split(" · ").filter((cell) => cell.includes("→"));
      return [state, new Map(cells.map((cell) => parseCell(cell)))];
    }),
  );
}

function parseCell(cell: string): [string, string[]] {
  const [event = "", states = ""] = cell.split(" → ");
  return [
    event.trim(),
    states
      .split("|")
      .map((state) => state.trim())
      .toSorted(),
  ];
}

function walk(): Cells {
  const cells: Cells = new Map(Object.keys(machine).map((state) => [state, new Map()]));
  for (const payment of pasts) {
    for (const event of possible(payment)) {
      const row = cells.get(payment.state) as Map<string, string[]>;
      const after = apply(payment, { ...event, at: 0 }).state;
      row.set(event.type, [...new Set([...(row.get(event.type) ?? []), after])].toSorted());
    }
  }
  return cells;
}

/** Every payment that some past leads to, told apart by what the machine looks at. */
function allPasts(): Payment[] {
  const seen = new Map<string, Payment>();
  const queue = starts();
  for (let payment = queue.pop(); payment; payment = queue.pop()) {
    const key = JSON.stringify({
      ...payment,
      create: undefined,
      failure: undefined,
      capturesRefused: 0,
      refunds: payment.refunds.map(({ state, order }) => [state, order.amount.value]),
    });
    if (seen.has(key)) continue;
    seen.set(key, payment);
    for (const event of possible(payment)) queue.push(apply(payment, { ...event, at: 0 }));
  }
  return [...seen.values()];
}

function starts(): Payment[] {
  const order = (capture: PaymentOrder["capture"]): PaymentOrder => ({
    paymentId: "payment-1",
    saleId: "sale-1",
    reference: "till-payment-1",
    amount: { currency: "DKK", value: 200 },
    customer: { by: "tillTag" },
    capture,
    fingerprint: "",
  });
  return (["onApproval", "onReceipt"] as const).map((capture) =>
    fold([{ type: "started", order: order(capture), at: 0 }]),
  );
}

function possible(payment: Payment): PaymentEvent[] {
  return allEvents(payment).filter((event) => canHappen(payment, event.type) && canBeTrue(payment, event));
}

/** MobilePay's sums only grow, and add up; a person decides what is offered. */
function canBeTrue(payment: Payment, event: PaymentEvent): boolean {
  const { authorized, captured, cancelled } = payment;
  const minor = "amountMinor" in event ? (event.amountMinor ?? 200) : 200;
  switch (event.type) {
    case "authorized":
      return authorized === 0;
    case "captured":
      return minor > captured && minor + cancelled <= authorized;
    case "released":
      return minor > cancelled && minor + captured <= authorized;
    case "decided":
      return event.decision === "settled" || choicesFor(payment).includes(event.decision);
    case "refundStarted":
      return event.refund.amount.value <= kept(payment);
    case "refundedElsewhere":
      return minor <= captured - refundedSoFar(payment) + payment.refundedElsewhereMinor;
    case "receiptMade":
      return authorized > 0;
    default:
      return true;
  }
}

/** One of each event that can be said about this payment, with each content the machine tells apart. */
function allEvents(payment: Payment): PaymentEvent[] {
  const intent = { key: "key", body: "body" };
  const failure = { code: "MOBILEPAY_REFUSED", message: "no" };
  const pending = payment.refunds.filter(({ state }) => state === "refunding").map(({ order }) => order.refundId);
  const elsewhere = [100, 200].filter(
    (amountMinor) => amountMinor > payment.refundedElsewhereMinor && amountMinor <= payment.captured,
  );
  const part = { amountMinor: 100 };
  return [
    { type: "requested", ...intent },
    { type: "created" },
    { type: "adopted" },
    { type: "createRefused", failure },
    { type: "authorized" },
    { type: "authorized", ...part },
    { type: "captureRequested", ...intent },
    { type: "captured" },
    { type: "captured", ...part },
    { type: "captureRefused", failure },
    { type: "cancelRequested" },
    { type: "cancelRequested", inDoubt: true },
    { type: "abandoned" },
    { type: "abandoned", inDoubt: true },
    { type: "rejected" },
    { type: "expired" },
    { type: "withdrawn" },
    { type: "neverReached" },
    { type: "released" },
    { type: "released", ...part },
    { type: "releaseRefused", failure },
    { type: "contradicted" },
    { type: "contradicted", amount: { currency: "DKK", value: 300 } },
    { type: "agreed" },
    { type: "receiptMade", receiptNumber: "r-1" },
    { type: "decided", decision: "refund" },
    { type: "decided", decision: "reRing" },
    { type: "decided", decision: "settled" },
    ...(payment.refunds.length < 2
      ? [
          {
            type: "refundStarted" as const,
            refund: {
              refundId: `refund-${payment.refunds.length}`,
              amount: { currency: "DKK" as const, value: 100 },
              ...intent,
            },
          },
        ]
      : []),
    ...pending.map((refundId) => ({ type: "refunded" as const, refundId })),
    ...pending.map((refundId) => ({ type: "refundRefused" as const, refundId, failure })),
    ...elsewhere.map((amountMinor) => ({ type: "refundedElsewhere" as const, amountMinor })),
  ];
}
