import { describe, expect, test } from "vitest";
import type { Payments } from "../../daemon/payments/payments.ts";
import { Shop, type ShopOptions } from "../support/shop.ts";

// What the journal does not know: MobilePay is asked, and no other sale waits for that.

const amount = { currency: "DKK" as const, value: 4990 };
const unknown = "payment-99";

type LookUp = (payments: Payments, shop: Shop) => Promise<unknown>;
const lookUps: readonly (readonly [string, LookUp, ShopOptions])[] = [
  ["a refund by its id", (payments) => payments.startRefund({ refundId: "refund-01", paymentId: unknown, amount }), {}],
  [
    "a refund by its reference",
    (payments) => payments.startRefund({ refundId: "refund-01", reference: `kassa1-${unknown}`, amount }),
    {},
  ],
  [
    "a receipt",
    (payments, shop) => payments.complete({ paymentId: unknown, receiptNumber: "r-9" }, shop.page("other")),
    {},
  ],
  [
    "a sale by the tag of a till that has none",
    (payments, shop) =>
      payments.start(
        { paymentId: unknown, sale: { saleId: "sale-9", total: amount }, amount, customer: { by: "tillTag" } },
        shop.page("other"),
      ),
    { isPaired: () => false },
  ],
];

describe("a slow answer about a purchase that the journal does not know delays no other sale", () => {
  test.each(lookUps)("%s", async (_, lookUp, options) => {
    const shop = new Shop(options);
    shop.bank.fate = (_operation, reference) => ({ kind: "ok", latencyMs: reference.endsWith(unknown) ? 30_000 : 5 });
    const slow = Promise.allSettled([lookUp(shop.payments, shop)]);
    await shop.world.pass(10);
    const beganMs = shop.world.monotonicMs();
    await shop.start();
    expect(shop.world.monotonicMs() - beganMs).toBeLessThan(100);
    await shop.world.pass(60_000);
    expect(await slow).toMatchObject([{ status: "rejected" }]);
  });
});
