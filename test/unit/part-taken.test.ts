import { describe, expect, test } from "vitest";
import { Shop } from "../support/shop.ts";

// Somebody at the desk took a part of a sale and released the rest. Its customer comes for that part.

const reference = "kassa1-payment-1";
const dkk = (value: number) => ({ currency: "DKK" as const, value });

/** 30.00 of 49.90 are taken. */
async function partTaken({ isReleased = true } = {}): Promise<Shop> {
  const shop = new Shop({ capture: "onReceipt" });
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  await shop.until("paid");
  shop.bank.inPortal("capture", reference, 3000);
  if (isReleased) shop.bank.inPortal("cancel", reference);
  return shop;
}

const tills = {
  "another till": async (shop: Shop) => new Shop({ beside: shop, tillId: "kassa2" }),
  "its own, which has lost its journal": async (shop: Shop) => {
    shop.disk.keep(0);
    await shop.restart();
    return shop;
  },
};

describe.each(Object.entries(tills))("a purchase of which a part was taken, at %s", (_, tillOf) => {
  const refund = (till: Shop, refundId: string, value: number) =>
    till.act((payments) => payments.startRefund({ refundId, reference, amount: dkk(value) }));

  test("is one, and is refunded up to that part", async () => {
    const shop = await partTaken();
    const till = await tillOf(shop);
    await expect(refund(till, "refund-01", 3001)).rejects.toMatchObject({
      code: "REFUND_EXCEEDS",
      details: { left: dkk(3000), captured: dkk(3000) },
    });
    const { paymentId } = await refund(till, "refund-02", 3000);
    await till.world.pass(60_000);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 3000, refunded: 3000 });
    expect(await till.act((payments) => payments.get(paymentId))).toMatchObject({
      captured: 3000,
      cancelled: 1990,
      left: 0,
    });
  });

  test("is not said to be none while more of it may be taken", async () => {
    const till = await tillOf(await partTaken({ isReleased: false }));
    await expect(refund(till, "refund-01", 1000)).rejects.toMatchObject({ code: "NOT_REFUNDABLE" });
  });
});
