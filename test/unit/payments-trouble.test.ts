import { expect, test } from "vitest";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { paidShop, Shop } from "../support/shop.ts";

// Two things that happen in the same moment, answers that come too late, and journals that were lost: each once made a
// simulated sale go wrong.

const reference = "kassa1-payment-1";

test("a request that the cashier gave up while MobilePay was asked about it is not sent again", async () => {
  const shop = new Shop();
  shop.bank.fate = (operation) => ({ kind: operation === "create" ? "lostBefore" : "ok", latencyMs: 5, answerMs: 500 });
  await shop.start();
  await shop.world.pass(11_000);
  const asked: string[] = [];
  shop.onRequest = ({ operation }) => asked.push(operation);
  shop.bank.onArrival = () => {
    shop.bank.onArrival = () => undefined;
    void shop.payments.cancel("payment-1");
  };
  await shop.until("cancelling");
  await shop.world.pass(5000);
  expect(asked).not.toContain("create");
});

test("money is not taken when the cashier gave up while MobilePay was asked about it", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  shop.bank.fate = (operation) => ({ kind: operation === "capture" ? "lostBefore" : "ok", latencyMs: 5 });
  await shop.until("capturing");
  await shop.world.pass(10_000);
  shop.bank.fate = () => ({ kind: "ok", latencyMs: 5, answerMs: 500 });
  shop.bank.onArrival = () => {
    shop.bank.onArrival = () => undefined;
    void shop.payments.cancel("payment-1");
  };
  await shop.until("needsDecision");
  await shop.world.pass(60_000);
  expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0 });
});

test("a payment that was decided on cannot be cancelled: nobody could decide on it again", async () => {
  const shop = new Shop();
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  shop.bank.fate = (operation) => ({ kind: operation === "capture" ? "lostBefore" : "ok", latencyMs: 5 });
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing" }));
  await shop.until("capturing");
  await expect(shop.act((payments) => payments.cancel("payment-1"))).rejects.toMatchObject({ code: "NOT_CANCELLABLE" });
});

test("a request that arrives after MobilePay was asked about it, and before its answer, is not forgotten", async () => {
  const shop = new Shop();
  let cancels = 0;
  shop.bank.fate = (operation) => {
    if (operation === "create") return { kind: "late", latencyMs: 5, lateMs: 48_500 };
    const isFirst = operation === "cancel" && cancels++ === 0;
    return isFirst
      ? { kind: "busy", latencyMs: 5, retryAfterMs: 37_000 }
      : { kind: "ok", latencyMs: 5, answerMs: 7000 };
  };
  await shop.start();
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("cancelled");
  expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
});

test("ringing up again is refused for a sale that another payment has paid, or may still pay", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  const sale2 = { saleId: "sale-2", total: { currency: "DKK" as const, value: 4990 } };
  await shop.start({ paymentId: "payment-2", sale: sale2 });
  const ringUpAgain = () =>
    shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "reRing", saleId: "sale-2" }));
  await expect(ringUpAgain()).rejects.toMatchObject({ code: "SALE_IN_DOUBT", details: { paymentId: "payment-2" } });
  await shop.until("waitingForApproval", "payment-2");
  shop.bank.approve("kassa1-payment-2");
  await shop.until("paid", "payment-2");
  await shop.act((payments) => payments.complete({ paymentId: "payment-2", receiptNumber: "r-2" }, shop.page()));
  await expect(ringUpAgain()).rejects.toMatchObject({ code: "SALE_ALREADY_PAID", details: { paymentId: "payment-2" } });
});

test("a sale that is paid while a second payment is being started for it is not charged again", async () => {
  const shop = await paidShop();
  shop.disk.readMs = 10;
  const [, second] = await shop.act((payments) =>
    Promise.allSettled([
      payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()),
      payments.start(
        {
          paymentId: "payment-2",
          sale: { saleId: "sale-1", total: { currency: "DKK", value: 4990 } },
          amount: { currency: "DKK", value: 4990 },
          customer: { by: "screenQr" },
        },
        shop.page("second"),
      ),
    ]),
  );
  expect(second).toMatchObject({ status: "rejected" });
});

test("a refund by decision that MobilePay refuses because part was given back elsewhere is decided on anew, on what is left", async () => {
  const shop = await paidShop();
  await shop.restart();
  await shop.until("needsDecision");
  await shop.world.pass(5000);
  shop.bank.inPortal("refund", reference);
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
  await shop.world.pass(10_000);
  expect(shop.payments.recoveryItems()).toMatchObject([
    {
      situation: "changedElsewhere",
      choices: ["refund", "reRing", "settled"],
      payment: { refunded: 2495, left: 2495 },
    },
  ]);
  await shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision: "refund" }));
  await shop.until("refunded");
  expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 4990 });
});

test("a payment that the journal has lost is found at MobilePay before another customer is waited for", async () => {
  const shop = new Shop();
  const tag = { customer: { by: "tillTag" as const } };
  await shop.start(tag);
  await shop.act((payments) => payments.customerFound({ by: "tillTag", customerToken: "token" }));
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  await shop.until("paid");
  shop.disk.keep(0);
  await shop.restart();
  shop.events.length = 0;
  await shop.start(tag);
  expect(await shop.until("paid")).toMatchObject({ captured: 4990 });
});

test("'no such payment' ends a cancellation only when it is true now, and not the echo of an answer that was lost", async () => {
  const shop = new Shop();
  shop.bank.cancelsStick = true;
  let cancels = 0;
  shop.bank.fate = (operation) => {
    if (operation === "create") return { kind: "late", latencyMs: 5, lateMs: 40_000 };
    return { kind: operation === "cancel" && cancels++ < 3 ? "lostAfter" : "ok", latencyMs: 5 };
  };
  await shop.start();
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("cancelled");
  expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
});

test("a refused request is believed only when MobilePay has no such payment: the journal may have lost it", async () => {
  const shop = new Shop();
  shop.bank.keysKeptMs = 0;
  await paidShop(shop);
  shop.disk.keep(0);
  await shop.restart();
  shop.bank.refusals.push({ operation: "create", code: 6010 });
  shop.events.length = 0;
  await shop.start();
  expect(await shop.until("paid")).toMatchObject({ captured: 4990 });
});

test("a refund of our own that is under way is not taken for somebody else's when the night's sweep sees it", async () => {
  const shop = await paidShop();
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
  shop.bank.fate = (operation) => ({ kind: operation === "refund" ? "lostAfter" : "ok", latencyMs: 5 });
  const amount = { currency: "DKK" as const, value: 1000 };
  await shop.act((payments) => payments.startRefund({ refundId: "refund-1", receiptNumber: "r-1", amount }));
  await shop.act((payments) =>
    payments.sweep(
      memorySweeps(() => shop.world.now()),
      new AbortController().signal,
    ),
  );
  await shop.world.pass(60_000);
  expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({ refunded: 1000 });
  expect(shop.disk.payments.get("payment-1")?.map(({ type }) => type)).not.toContain("refundedElsewhere");
});
