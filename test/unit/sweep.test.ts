import { describe, expect, test } from "vitest";
import { sweepNightly } from "../../daemon/payments/reconcile/nightly.ts";
import type { SweepReport } from "../../daemon/payments/ports/sweep-store.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { Shop } from "../support/shop.ts";
import { VirtualWorld } from "../support/virtual-world.ts";

const reference = "kassa1-payment-1";
const never = new AbortController().signal;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** A till, and how it sweeps. */
function swept(shop = new Shop()) {
  const sweeps = memorySweeps(() => shop.world.now());
  const sweep = () => shop.act((payments) => payments.sweep(sweeps, never));
  return { shop, sweeps, sweep };
}

async function cancelled(shop: Shop): Promise<void> {
  await shop.start();
  await shop.until("waitingForApproval");
  await shop.act((payments) => payments.cancel("payment-1"));
  await shop.until("cancelled");
}

async function completed(shop: Shop): Promise<void> {
  await shop.start();
  await shop.until("waitingForApproval");
  shop.bank.approve(reference);
  await shop.until("paid");
  await shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber: "r-1" }, shop.page()));
}

/** MobilePay's books say what no answer has said. */
function rewrite(shop: Shop, change: object): void {
  Object.assign(shop.bank.accounts.get(reference) ?? {}, change);
}

describe("a sweep", () => {
  test("finds nothing to do when all is well, and keeps that it looked", async () => {
    const { shop, sweeps, sweep } = swept();
    await completed(shop);
    expect(await sweep()).toEqual({ newest: "payment-1", checked: 1, released: 0, withdrawn: 0, different: [] });
    expect(sweeps.kept).toHaveLength(1);
    expect(shop.states().at(-1)).toBe("completed");
  });

  test("lets a reservation go that came to be after the payment was cancelled", async () => {
    const { shop, sweep } = swept();
    await cancelled(shop);
    rewrite(shop, { state: "AUTHORIZED", authorized: 4990 });
    expect(await sweep()).toMatchObject({ checked: 1, released: 1, different: [] });
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 4990 });
    expect(shop.payments.recoveryItems()).toEqual([]);
  });

  test("withdraws a request that arrived after it was given up, although 'no such payment' sticks to the keys used before", async () => {
    const { shop, sweep } = swept();
    shop.bank.cancelsStick = true;
    shop.bank.fate = (operation) =>
      operation === "create" ? { kind: "late", latencyMs: 5, lateMs: 200_000 } : { kind: "ok", latencyMs: 5 };
    await shop.start();
    await shop.act((payments) => payments.cancel("payment-1"));
    await shop.until("cancelled");
    await shop.world.pass(200_000);
    expect(await sweep()).toMatchObject({ withdrawn: 1 });
    expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
  });

  test("keeps on disk who let it go, and why", async () => {
    const { shop, sweep } = swept();
    await cancelled(shop);
    rewrite(shop, { state: "AUTHORIZED", authorized: 4990 });
    await sweep();
    expect(shop.disk.payments.get("payment-1")).toContainEqual(
      expect.objectContaining({ type: "decided", decision: "refund", decidedBy: "nightly sweep" }),
    );
  });

  test("puts money that was taken all the same before a person, and never gives it back by itself", async () => {
    const { shop, sweep } = swept();
    await cancelled(shop);
    rewrite(shop, { state: "AUTHORIZED", authorized: 4990, captured: 4990 });
    await sweep();
    await shop.until("needsDecision");
    await shop.world.pass(dayMs);
    expect(shop.payments.recoveryItems()).toMatchObject([
      { situation: "paidWithoutReceipt", choices: ["refund", "reRing"] },
    ]);
    expect(shop.bank.accounts.get(reference)).toMatchObject({ refunded: 0 });
  });

  test("takes back a request that is still on the customer's phone after the payment was over here", async () => {
    const { shop, sweep } = swept();
    await cancelled(shop);
    rewrite(shop, { state: "CREATED" });
    expect(await sweep()).toMatchObject({ withdrawn: 1, different: [] });
    expect(shop.bank.accounts.get(reference)?.state).toBe("TERMINATED");
  });

  test("lets go of what the customer approves while the request is taken back", async () => {
    const { shop, sweep } = swept();
    await cancelled(shop);
    rewrite(shop, { state: "CREATED" });
    shop.bank.onArrival = (operation) => operation === "cancel" && shop.bank.approve(reference);
    expect(await sweep()).toMatchObject({ released: 1 });
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 4990 });
  });

  test("learns of a refund that was made in MobilePay's portal, so that never more than is left is given back", async () => {
    const { shop, sweep } = swept();
    await completed(shop);
    shop.bank.inPortal("refund", reference);
    expect(await sweep()).toMatchObject({ different: [] });
    const amount = { currency: "DKK" as const, value: 4990 };
    await expect(
      shop.act((payments) => payments.startRefund({ refundId: "refund-1", paymentId: "payment-1", amount })),
    ).rejects.toMatchObject({ code: "REFUND_EXCEEDS" });
  });

  test("names what it cannot bring together: money that MobilePay does not know of", async () => {
    const { shop, sweep } = swept();
    await completed(shop);
    shop.bank.accounts.delete(reference);
    expect(await sweep()).toMatchObject({ different: [reference] });
  });

  test("leaves a sale that is under way alone and waits for its end", async () => {
    const { shop, sweeps } = swept();
    await shop.start();
    await shop.until("waitingForApproval");
    const sweeping = shop.payments.sweep(sweeps, never);
    await shop.world.pass(300_000);
    expect(sweeps.kept).toEqual([]);
    shop.bank.reject(reference);
    await shop.until("rejected");
    await shop.world.pass(10_000);
    expect(await sweeping).toMatchObject({ checked: 1, different: [] });
  });

  test("is not over while MobilePay does not answer, and comes again from the start", async () => {
    const { shop, sweeps, sweep } = swept();
    await completed(shop);
    shop.bank.fate = () => ({ kind: "lostBefore", latencyMs: 5 });
    const first = shop.payments.sweep(sweeps, never);
    await shop.world.pass(600_000);
    expect(await first).toBeUndefined();
    expect(sweeps.kept).toEqual([]);
    shop.bank.fate = () => ({ kind: "ok", latencyMs: 5 });
    expect(await sweep()).toMatchObject({ checked: 1 });
  });

  test("looks at each payment twice, a day apart, and no longer at those before", async () => {
    const { shop, sweep } = swept();
    const looked: string[] = [];
    shop.onRequest = ({ operation, reference: about }) => operation === "look" && looked.push(about);
    const sell = async (number: number) => {
      const paymentId = `payment-${number}`;
      const total = { currency: "DKK" as const, value: 4990 };
      await shop.start({ paymentId, sale: { saleId: `sale-${number}`, total } });
      await shop.until("waitingForApproval", paymentId);
      shop.bank.reject(`kassa1-${paymentId}`);
      await shop.until("rejected", paymentId);
    };
    await sell(1);
    await sweep();
    await sell(2);
    await sweep();
    await sell(3);
    looked.length = 0;
    await sweep();
    expect(looked).toEqual(["kassa1-payment-3", "kassa1-payment-2"]);
  });

  test("asks one question at a time and not more than five a second", async () => {
    const { shop, sweep } = swept();
    for (let number = 1; number <= 20; number += 1) {
      const paymentId = `payment-${number}`;
      const total = { currency: "DKK" as const, value: 4990 };
      await shop.start({ paymentId, sale: { saleId: `sale-${number}`, total } });
      await shop.until("waitingForApproval", paymentId);
      shop.bank.reject(`kassa1-${paymentId}`);
      await shop.until("rejected", paymentId);
    }
    const before = shop.world.monotonicMs();
    await sweep();
    expect(shop.world.monotonicMs() - before).toBeGreaterThanOrEqual(20 * 200);
  });

  test("reminds of a reservation that ends soon and waits for a decision", async () => {
    const { shop, sweep } = swept();
    await shop.start();
    await shop.until("waitingForApproval");
    shop.bank.approve(reference);
    await shop.act((payments) => payments.cancel("payment-1"));
    await shop.until("needsDecision");
    await shop.world.pass(10 * dayMs);
    await sweep();
    expect(shop.payments.recoveryItems()[0]).not.toHaveProperty("captureNear");
    await shop.world.pass(1.5 * dayMs);
    shop.events.length = 0;
    await sweep();
    expect(shop.events).toContainEqual({
      event: "recovery.changed",
      params: { item: expect.objectContaining({ captureNear: true, captureBefore: expect.any(String) }) },
    });
  });

  test("finds a reservation that has lapsed meanwhile, and the list is empty again", async () => {
    const { shop, sweep } = swept();
    await shop.start();
    await shop.until("waitingForApproval");
    shop.bank.approve(reference);
    await shop.act((payments) => payments.cancel("payment-1"));
    await shop.until("needsDecision");
    await shop.world.pass(15 * dayMs);
    await sweep();
    expect(shop.states().at(-1)).toBe("cancelled");
    expect(shop.payments.recoveryItems()).toEqual([]);
  });
});

describe("the nightly sweep", () => {
  function nightly(lastAgoMs?: number, works = true) {
    const world = new VirtualWorld();
    const stop = new AbortController();
    const sweepsMs: number[] = [];
    const result: SweepReport = { checked: 0, released: 0, withdrawn: 0, different: [] };
    const last = lastAgoMs === undefined ? [] : [{ ...result, at: world.now() - lastAgoMs }];
    const sweep = async () => {
      sweepsMs.push(world.monotonicMs());
      return works ? result : undefined;
    };
    void sweepNightly({ world, log: silentLogger, sweeps: { last: async () => last }, sweep }, stop.signal);
    return { world, stop, sweepsMs };
  }

  test("comes soon after the start of a till that was off at night, but not at once", async () => {
    const { world, sweepsMs } = nightly(3 * dayMs);
    await world.pass(3 * hourMs);
    expect(sweepsMs).toHaveLength(1);
    expect(sweepsMs[0]).toBeGreaterThanOrEqual(120_000);
  });

  test("comes once a day, at night, while the till stays on", async () => {
    const { world, sweepsMs } = nightly(hourMs);
    await world.pass(5 * dayMs);
    expect(sweepsMs).toHaveLength(5);
    const hours = sweepsMs.map((atMs) => new Date(world.wallOffMs + atMs).getHours());
    expect(hours.filter((hour) => hour < 2 || hour > 5)).toEqual([]);
  });

  test.each([365 * dayMs, -365 * dayMs])(
    "comes once a day also when the clock jumps by %d ms every day",
    async (byMs) => {
      const { world, sweepsMs } = nightly(hourMs);
      for (let day = 0; day < 6; day += 1) {
        world.wallOffMs += day % 2 === 0 ? byMs : -byMs;
        await world.pass(dayMs);
      }
      const gaps = sweepsMs.slice(1).map((atMs, index) => atMs - (sweepsMs[index] ?? 0));
      expect(gaps.length).toBeGreaterThanOrEqual(4);
      expect(gaps.filter((gapMs) => gapMs < 20 * hourMs || gapMs > 27 * hourMs)).toEqual([]);
    },
  );

  test("of a till whose last sweep lies in the future, because the clock was put back, comes soon", async () => {
    const { world, sweepsMs } = nightly(-365 * dayMs);
    await world.pass(hourMs);
    expect(sweepsMs).toHaveLength(1);
  });

  test("that could not be finished comes again within the hour", async () => {
    const { world, sweepsMs } = nightly(3 * dayMs, false);
    await world.pass(hourMs);
    expect(sweepsMs.length).toBeGreaterThanOrEqual(3);
  });

  test("ends with the till", async () => {
    const { world, stop, sweepsMs } = nightly(3 * dayMs);
    stop.abort();
    await world.pass(dayMs);
    expect(sweepsMs).toEqual([]);
  });
});
