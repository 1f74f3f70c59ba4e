import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { Till } from "../support/till.ts";

// Two tills of one shop. The customer brings back to one what the other has sold.

const dkk = (value: number) => ({ currency: "DKK" as const, value });
const purchase = { reference: "tillA-payment-1" };

async function twoTills(context: TestContext): Promise<readonly [Till, Till]> {
  const seller = await Till.open();
  const other = await Till.open({ tillId: "tillB", simulator: seller.simulator });
  context.onTestFinished(async () => {
    await other.close();
    await seller.close();
  });
  await seller.sell();
  return [seller, other];
}

const refunded = (till: Till, refundId: string) =>
  till.until("refund.changed", ({ refund }) => refund.refundId === refundId && refund.state === "refunded");

test("a purchase of another till is refunded by its reference, says who sold it, and both tills know what is left", async (context) => {
  const [seller, other] = await twoTills(context);
  const view = await other.call("refund.start", { refundId: "refund-01", ...purchase, amount: dkk(1000) });
  expect(view).toMatchObject({ ...purchase, soldBy: "tillA" });
  await refunded(other, "refund-01");
  expect(await other.call("payment.get", { paymentId: view.paymentId })).toMatchObject({
    soldBy: "tillA",
    captured: 4990,
    refunded: 1000,
  });
  for (const till of [seller, other])
    await expect(
      till.call("refund.start", { refundId: "refund-02", ...purchase, amount: dkk(4000) }),
    ).rejects.toMatchObject({ code: "REFUND_EXCEEDS" });
  expect(await seller.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ refunded: 1000 });
  await seller.call("refund.start", { refundId: "refund-01", ...purchase, amount: dkk(3990) });
  await refunded(seller, "refund-01");
  expect(seller.account()).toMatchObject({ captured: 4990, refunded: 4990 });
});

test("one that was refunded in part before is taken over with that, and a repeat after the journal was lost is not paid again", async (context) => {
  const [seller, other] = await twoTills(context);
  await seller.call("refund.start", { refundId: "refund-01", ...purchase, amount: dkk(990) });
  await refunded(seller, "refund-01");
  const wish = { refundId: "refund-02", ...purchase, amount: dkk(1000) };
  await other.call("refund.start", wish);
  await refunded(other, "refund-02");
  await other.stop();
  await cp(join(other.dataDir, "access.json"), join(other.folder, "access.json"));
  await rm(other.dataDir, { recursive: true });
  await cp(join(other.folder, "access.json"), join(other.dataDir, "access.json"));
  other.events.length = 0;
  await other.powerOn();
  await other.call("refund.start", wish);
  await refunded(other, "refund-02");
  expect(seller.account()).toMatchObject({ refunded: 1990 });
});

test("two tills that refund the same money at once give it back once", async (context) => {
  const [seller, other] = await twoTills(context);
  await Promise.allSettled(
    [seller, other].map((till) => till.call("refund.start", { refundId: "refund-01", ...purchase, amount: dkk(3000) })),
  );
  await Promise.race([refunded(seller, "refund-01"), refunded(other, "refund-01")]);
  expect(seller.account()).toMatchObject({ refunded: 3000 });
});
