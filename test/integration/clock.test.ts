import { type TestContext, expect, test } from "vitest";
import { Till } from "../support/till.ts";

// The till's wall clock is for showing only: whatever it says, the money goes the same way.

const yearMs = 365 * 86_400_000;

/** A till whose wall clock is off, and can be moved while it runs. */
async function tillWithClock(context: TestContext, offMs: number): Promise<{ till: Till; clock: { offMs: number } }> {
  const clock = { offMs };
  const till = await Till.open({ world: { now: () => Date.now() + clock.offMs } });
  context.onTestFinished(() => till.close());
  return { till, clock };
}

const sold = { state: "AUTHORIZED", captured: 4990, cancelled: 0, refunded: 0 };

const jumps = [
  ["a year ahead", yearMs],
  ["a year back", -yearMs],
] as const;

test.concurrent.for(jumps)(
  "a clock that jumps %s in every step of a sale changes nothing",
  async ([, byMs], context) => {
    const { till, clock } = await tillWithClock(context, 0);
    const jump = () => {
      clock.offMs = clock.offMs === 0 ? byMs : 0;
    };
    await till.start();
    jump();
    await till.untilPayment("waitingForApproval");
    jump();
    till.simulator.platform.phone.approve("tillA-payment-1");
    await till.untilPayment("paid");
    jump();
    await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
    jump();
    const amount = { currency: "DKK" as const, value: 1000 };
    await till.call("refund.start", { refundId: "refund-01", receiptNumber: "receipt-1", amount });
    jump();
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.account()).toMatchObject({ ...sold, refunded: 1000 });
    const seqs = till.events.map(({ params }) => params.seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  },
);

test.concurrent.for(jumps)(
  "a clock that is %s after a restart: what was open is found and goes on",
  async ([, byMs], context) => {
    const { till, clock } = await tillWithClock(context, 0);
    await till.start();
    await till.untilPayment("waitingForApproval");
    await till.stop();
    clock.offMs = byMs;
    await till.powerOn();
    await till.start();
    till.simulator.platform.phone.approve("tillA-payment-1");
    await till.untilPayment("paid");
    expect(till.account()).toMatchObject(sold);
  },
);

test.concurrent.for(jumps)(
  "the list is in the order of the sales, also when the clock jumps %s between them",
  async ([, byMs], context) => {
    const { till, clock } = await tillWithClock(context, 0);
    for (const number of [1, 2, 3]) {
      await till.sell(
        { paymentId: `payment-${number}`, sale: { saleId: `sale-${number}`, total: { currency: "DKK", value: 4990 } } },
        `receipt-${number}`,
      );
      clock.offMs = number === 1 ? byMs : 0;
    }
    const { payments } = await till.call("payment.list", {});
    expect(payments.map(({ paymentId }) => paymentId)).toEqual(["payment-3", "payment-2", "payment-1"]);
  },
);

const wrong = [
  ["in 1970", () => -Date.now() + 1000],
  ["a year behind", () => -yearMs],
  ["a year ahead", () => yearMs],
  ["in 2099", () => Date.UTC(2099, 0, 1) - Date.now()],
] as const;

test.concurrent.for(wrong)(
  "a till whose clock has been %s all along is paired, finds its customers, sells, refunds and recovers",
  async ([, offMs], context) => {
    const { till } = await tillWithClock(context, offMs());
    await till.pair();
    till.simulator.platform.checkIns.listen(async (checkIn) => (await till.call("checkIn.notify", checkIn)).accepted);
    await till.start({ customer: { by: "tillTag" } });
    await till.simulator.platform.phone.scanTag("123456789012345");
    await till.approve();
    await till.untilPayment("paid");
    await till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
    const amount = { currency: "DKK" as const, value: 4990 };
    await till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount });
    await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
    expect(till.account()).toMatchObject({ ...sold, refunded: 4990 });

    await till.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: amount } });
    await till.approve("payment-2");
    await till.untilPayment("paid", "payment-2");
    await till.stop();
    await till.powerOn();
    await till.until("recovery.changed", ({ item }) => item.choices.length > 0);
    await till.call("recovery.resolve", { paymentId: "payment-2", decision: "refund" });
    await till.untilPayment("refunded", "payment-2");
    expect(till.account("tillA-payment-2")).toMatchObject({ captured: 4990, refunded: 4990 });
  },
);
