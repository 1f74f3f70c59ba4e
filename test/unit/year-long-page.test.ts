import { getEventListeners } from "node:events";
import { queryObjects, setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { Bucket } from "../../daemon/payments/work/rate-limiter.ts";
import { PaymentProcess } from "../../daemon/payments/work/payment-process.ts";
import { DeviceClaim } from "../../daemon/server/device-claim.ts";
import { Shop } from "../support/shop.ts";

/** What has gone is not counted: the collector runs before. */
function alive(): number {
  setFlagsFromString("--expose-gc");
  return queryObjects(PaymentProcess, { format: "count" });
}

async function sell(shop: Shop, nth: number, end: "receipt" | "cancel" | "rejected" = "receipt"): Promise<void> {
  const paymentId = `payment-${nth}`;
  const total = { currency: "DKK" as const, value: 4990 };
  await shop.start({ paymentId, sale: { saleId: `sale-${nth}`, total } });
  await shop.until("waitingForApproval", paymentId);
  if (end !== "receipt") return giveUp(shop, paymentId, end);
  shop.bank.approve(`kassa1-${paymentId}`);
  await shop.until("paid", paymentId);
  // Said twice, as a page does whose answer was lost.
  for (let said = 0; said < 2; said += 1)
    await shop.act((payments) => payments.complete({ paymentId, receiptNumber: `r-${nth}` }, shop.page()));
}

async function giveUp(shop: Shop, paymentId: string, how: "cancel" | "rejected"): Promise<void> {
  if (how === "cancel") await shop.act((payments) => payments.cancel(paymentId));
  else shop.bank.reject(`kassa1-${paymentId}`);
  await shop.until(how === "cancel" ? "cancelled" : "rejected", paymentId);
}

test("two hundred sales through one page leave no payment in memory, whichever way they ended", async () => {
  const shop = new Shop();
  const ends = ["receipt", "cancel", "rejected"] as const;
  for (let nth = 1; nth <= 200; nth += 1) await sell(shop, nth, ends[nth % ends.length]);
  await shop.world.pass(3_600_000);
  expect(alive()).toBeLessThanOrEqual(2);
  expect(getEventListeners(shop.page().signal, "abort").length).toBeLessThanOrEqual(2);
});

test("what is counted of the calls about a payment is forgotten with its minute", async () => {
  const shop = new Shop();
  for (let nth = 1; nth <= 50; nth += 1) {
    await sell(shop, nth);
    await shop.world.pass(61_000);
  }
  setFlagsFromString("--expose-gc");
  expect(queryObjects(Bucket, { format: "count" })).toBeLessThanOrEqual(10);
});

test("a payment that is open when its page goes is counted down as before", async () => {
  const shop = new Shop();
  for (let nth = 1; nth <= 3; nth += 1) await sell(shop, nth);
  await shop.start({ paymentId: "payment-9", sale: { saleId: "sale-9", total: { currency: "DKK", value: 4990 } } });
  await shop.until("waitingForApproval", "payment-9");
  shop.leave();
  await shop.until("cancelled", "payment-9");
});

test("a page that claims the scanner each time it is looked at costs no more than one that claims it once", () => {
  const claim = new DeviceClaim(() => undefined);
  const { signal } = new AbortController();
  const session = { id: "1", client: "pos", clientId: "pos", signal } as unknown as Parameters<DeviceClaim["claim"]>[0];
  for (let times = 0; times < 1000; times += 1) {
    claim.claim(session);
    claim.release(session.id);
  }
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
});
