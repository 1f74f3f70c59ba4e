import { afterEach, beforeEach, expect, test } from "vitest";
import { Till } from "../support/till.ts";

let till: Till;

beforeEach(async () => {
  till = await Till.open();
  await till.pair();
});

afterEach(() => till.close());

test("A51: a start that is replayed is the same payment, before and after it is paid", async () => {
  const first = await till.start();
  expect((await till.start()).reference).toBe(first.reference);
  await till.approve();
  await till.untilPayment("paid");
  expect(await till.start()).toMatchObject({ reference: first.reference, captured: 4990 });
  const { payments } = await till.call("payment.list", {});
  expect(payments).toHaveLength(1);
});

test("A53: of two pages that start a payment for the same sale one is refused", async () => {
  const both = await Promise.allSettled([till.start(), till.start({ paymentId: "payment-2" })]);
  expect(both.map((it) => it.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find((it) => it.status === "rejected")?.reason).toMatchObject({
    code: expect.stringMatching(/PAYMENT_IN_PROGRESS|SALE_IN_DOUBT/),
  });
});

test("A55: a page that says a payment is paid changes nothing", async () => {
  await till.start();
  await till.untilPayment("waitingForApproval");
  const claim = till.call("payment.complete", { paymentId: "payment-1", receiptNumber: "forged" });
  await expect(claim).rejects.toMatchObject({ code: "NOT_COMPLETABLE" });
  expect(await till.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ captured: 0 });
});
