import { describe, expect, test } from "vitest";
import type { RecoveryItem } from "../../daemon/protocol/values.ts";
import type { Operation, PlannedFault } from "../support/bank.ts";
import { paidShop, Shop } from "../support/shop.ts";

// Money that MobilePay does not take, let go of or give back; customers who approve what is being cancelled; decisions that lead nowhere:
// a person is told in time what is true, has a way out each time, and the till goes on selling.

const reference = "kassa1-payment-1";
const total = { currency: "DKK" as const, value: 4990 };

const ok: PlannedFault = { kind: "ok", latencyMs: 5 };
const failing = (shop: Shop, operation: Operation, fault: PlannedFault) => {
  shop.bank.fate = (asked) => (asked === operation ? fault : ok);
};
const mend = (shop: Shop) => {
  shop.bank.fate = () => ok;
  shop.bank.refuse = () => undefined;
};

const item = (shop: Shop): RecoveryItem | undefined => shop.payments.recoveryItems()[0];
const told = (shop: Shop): RecoveryItem | undefined =>
  shop.events.flatMap(({ event, params }) => (event === "recovery.changed" ? [params.item] : [])).at(-1);
const nextSale = (shop: Shop, page = "page-2") =>
  shop.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total } }, page);
const complete = (shop: Shop, receiptNumber = "r-1") =>
  shop.act((payments) => payments.complete({ paymentId: "payment-1", receiptNumber }, shop.page()));
const cancel = (shop: Shop) => shop.act((payments) => payments.cancel("payment-1"));
const resolve = (shop: Shop, decision: "refund" | "reRing" | "settled") =>
  shop.act((payments) => payments.resolve({ paymentId: "payment-1", decision }));

async function onThePhone(shop = new Shop()): Promise<Shop> {
  await shop.start();
  await shop.until("waitingForApproval");
  await shop.world.pass(500);
  return shop;
}

const broken: PlannedFault = { kind: "broken", latencyMs: 5 };
const hangs: PlannedFault = { kind: "lostBefore", latencyMs: 5 };
const anHour: PlannedFault = { kind: "busy", latencyMs: 5, retryAfterMs: 3_600_000 };

describe("money that MobilePay does not take", () => {
  test("is listed as approved and not taken, goes on being tried, and the list says when it came", async () => {
    const shop = await onThePhone();
    failing(shop, "capture", broken);
    shop.bank.approve(reference);
    await shop.world.pass(15_000);
    await expect(nextSale(shop)).resolves.toMatchObject({ state: "requesting" });
    expect(told(shop)).toMatchObject({
      situation: "captureFailing",
      resolved: false,
      choices: ["refund", "reRing"],
      recommended: "refund",
      payment: { state: "capturing", authorized: 4990, captured: 0 },
    });
    await shop.world.pass(600_000);
    expect(shop.states()).not.toContain("paid");
    mend(shop);
    await shop.world.pass(25_000);
    expect(shop.states().at(-1)).toBe("paid");
    expect(told(shop)).toMatchObject({ resolved: true, payment: { captured: 4990 } });
    expect(shop.bank.effects.filter(({ operation }) => operation === "capture")).toHaveLength(1);
  });

  test("after its receipt: it cannot be cancelled, and going on keeps the receipt", async () => {
    const shop = await paidShop(new Shop({ capture: "onReceipt" }));
    failing(shop, "capture", hangs);
    expect(await complete(shop)).toMatchObject({ state: "capturing" });
    await shop.world.pass(15_000);
    await nextSale(shop);
    await expect(cancel(shop)).rejects.toMatchObject({ code: "NOT_CANCELLABLE" });
    expect(item(shop)).toMatchObject({ situation: "captureFailing", recommended: "reRing" });
    expect(await resolve(shop, "reRing")).toMatchObject({ decision: "reRing", payment: { state: "capturing" } });
    shop.leave();
    await shop.world.pass(60_000);
    expect(item(shop)).toMatchObject({ situation: "captureFailing", choices: ["refund", "reRing"] });
    mend(shop);
    await shop.world.pass(30_000);
    expect(await shop.act((payments) => payments.get("payment-1"))).toMatchObject({
      state: "completed",
      captured: 4990,
      receiptNumber: "r-1",
    });
    expect(told(shop)).toMatchObject({ resolved: true });
  });

  test("can be let go of instead", async () => {
    const shop = await onThePhone();
    failing(shop, "capture", anHour);
    shop.bank.approve(reference);
    await shop.world.pass(15_000);
    await resolve(shop, "refund");
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 4990 });
  });

  test("and was taken all the same, late, is given back when it was decided to let go of it", async () => {
    const shop = await onThePhone();
    failing(shop, "capture", { kind: "late", latencyMs: 5, lateMs: 3000 });
    shop.bank.approve(reference);
    await shop.world.pass(11_500);
    failing(shop, "cancel", { ...ok, latencyMs: 8000 });
    await resolve(shop, "refund");
    await shop.until("refunded");
    const { captured, cancelled, refunded } = shop.bank.accounts.get(reference) ?? {};
    expect([captured, cancelled, refunded].join()).toMatch(/^(4990,0,4990|0,4990,0)$/);
  });

  test("is before a person each time that it is refused, with a way out", async () => {
    const shop = await onThePhone();
    shop.bank.refuse = (operation) => (operation === "capture" ? 6260 : undefined);
    shop.bank.approve(reference);
    for (let time = 0; time < 4; time += 1) {
      await shop.world.pass(15_000);
      expect(item(shop)).toMatchObject({
        situation: "captureFailing",
        choices: ["refund", "reRing", "settled"],
        payment: { state: "needsDecision", captured: 0, failure: { mobilePayCode: "6260" } },
      });
      if (time < 3) await resolve(shop, "reRing");
    }
    await resolve(shop, "refund");
    await shop.until("refunded");
    expect(shop.bank.accounts.get(reference)).toMatchObject({ captured: 0, cancelled: 4990 });
  });

  test("because the sale was given up while it was being taken, and was taken late: the list says so", async () => {
    const shop = await onThePhone();
    failing(shop, "capture", { kind: "late", latencyMs: 5, lateMs: 20_000 });
    shop.bank.approve(reference);
    await shop.until("capturing");
    await cancel(shop);
    await shop.world.pass(5000);
    expect(item(shop)).toMatchObject({ situation: "approvedNotCaptured" });
    await shop.world.pass(35_000);
    expect(told(shop)).toMatchObject({ situation: "paidWithoutReceipt", recommended: "reRing" });
  });
});

describe("a customer who approves what is being cancelled", () => {
  const cancels: Record<string, PlannedFault> = {
    "is never answered": hangs,
    "meets a fault of the server": broken,
    "has to wait an hour": anHour,
    "has to wait": { kind: "busy", latencyMs: 5 },
  };

  test.each(Object.entries(cancels))("is told within three seconds while each cancellation %s", async (_, fault) => {
    const shop = await onThePhone();
    shop.bank.limited = true;
    failing(shop, "cancel", fault);
    await cancel(shop);
    for (const waitMs of [20_000, 7000, 63_000]) await shop.world.pass(waitMs);
    shop.bank.approve(reference);
    await shop.world.pass(3000);
    expect(told(shop)).toMatchObject({
      situation: "approvedNotCaptured",
      choices: ["refund", "reRing"],
      payment: { state: "needsDecision", authorized: 4990 },
    });
  });

  test("is told within three seconds after MobilePay was away for minutes", async () => {
    const shop = await onThePhone();
    shop.bank.fate = () => broken;
    await cancel(shop);
    await shop.world.pass(20_000);
    expect(item(shop)).toMatchObject({ situation: "checking", payment: { state: "cancelling", contactLost: true } });
    shop.bank.approve(reference);
    await shop.world.pass(240_000);
    mend(shop);
    await shop.world.pass(3000);
    expect(told(shop)).toMatchObject({ situation: "approvedNotCaptured", payment: { state: "needsDecision" } });
  });

  test("is told by the refused cancellation where MobilePay answers nothing else", async () => {
    const shop = await onThePhone();
    failing(shop, "look", broken);
    shop.bank.approve(reference);
    await cancel(shop);
    await shop.world.pass(3000);
    expect(told(shop)).toMatchObject({ situation: "approvedNotCaptured", payment: { state: "needsDecision" } });
  });

  test("MobilePay's limits are kept meanwhile", async () => {
    const shop = await onThePhone();
    failing(shop, "cancel", broken);
    const asked = new Map<string, number[]>();
    shop.onRequest = ({ operation }) =>
      asked.set(operation, [...(asked.get(operation) ?? []), shop.world.monotonicMs()]);
    await cancel(shop);
    await shop.world.pass(300_000);
    for (const [operation, most] of [
      ["cancel", 5],
      ["look", 120],
    ] as const) {
      const times = asked.get(operation) ?? [];
      const busiest = Math.max(
        ...times.map((at) => times.filter((other) => other >= at && other < at + 60_000).length),
      );
      expect(busiest, operation).toBeLessThanOrEqual(most);
    }
    const looks = asked.get("look") ?? [];
    expect(Math.max(...looks.slice(1).map((at, index) => at - (looks[index] ?? 0)))).toBeLessThanOrEqual(3000);
  });
});

describe("a decision that leads nowhere", () => {
  async function undecided(shop: Shop): Promise<Shop> {
    await paidShop(shop);
    shop.leave();
    await shop.until("needsDecision");
    await shop.world.pass(5000);
    return shop;
  }

  test("a sale that is never rung up again keeps no other waiting, and can still be refunded", async () => {
    const shop = await undecided(new Shop());
    await resolve(shop, "reRing");
    await expect(nextSale(shop)).resolves.toMatchObject({ state: "requesting" });
    expect(item(shop)).toMatchObject({ decision: "reRing", resolved: false, payment: { state: "paid" } });
    await expect(resolve(shop, "refund")).rejects.toMatchObject({ code: "RECOVERY_DECIDED" });
    await shop.world.pass(15_000);
    expect(told(shop)).toMatchObject({ decision: "reRing", choices: ["refund"] });
    await shop.restart();
    await shop.world.pass(15_000);
    await resolve(shop, "refund");
    expect(await shop.until("refunded")).toMatchObject({ refunded: 4990 });
  });

  test("a reservation that is not let go of: listed, and tried again at once when a person says so", async () => {
    const shop = await undecided(new Shop({ capture: "onReceipt" }));
    failing(shop, "cancel", anHour);
    await resolve(shop, "refund");
    await shop.world.pass(15_000);
    expect(told(shop)).toMatchObject({
      situation: "approvedNotCaptured",
      decision: "refund",
      choices: ["refund"],
      payment: { state: "refunding", cancelled: 0 },
    });
    mend(shop);
    await resolve(shop, "refund");
    await shop.world.pass(2000);
    expect(told(shop)).toMatchObject({ resolved: true, payment: { state: "refunded", cancelled: 4990 } });
  });

  test("a refund that is refused each time is before a person each time, with a way out", async () => {
    const shop = await undecided(new Shop());
    shop.bank.refuse = (operation) => (operation === "refund" ? 5100 : undefined);
    for (let time = 0; time < 3; time += 1) {
      await resolve(shop, "refund");
      await shop.world.pass(15_000);
      expect(told(shop)).toMatchObject({
        situation: "paidWithoutReceipt",
        choices: ["refund", "reRing", "settled"],
        payment: { state: "needsDecision", refunded: 0, failure: { mobilePayCode: "5100" } },
      });
    }
    expect(await resolve(shop, "settled")).toMatchObject({ resolved: true });
  });

  test("a refund that is never answered is listed as not given back", async () => {
    const shop = await undecided(new Shop());
    failing(shop, "refund", broken);
    await resolve(shop, "refund");
    await shop.world.pass(15_000);
    await nextSale(shop);
    expect(told(shop)).toMatchObject({ decision: "refund", choices: ["refund"], payment: { refunded: 0 } });
    mend(shop);
    await shop.until("refunded");
    expect(told(shop)).toMatchObject({ resolved: true });
  });
});

describe("a paid sale that no page shows", () => {
  test("is listed when the second write of taking it over fails, and keeps no other sale waiting", async () => {
    const shop = await paidShop();
    shop.disk.keep(0);
    await shop.restart();
    shop.events.length = 0;
    const { store } = shop.journal;
    const append = store.append.bind(store);
    let writes = 0;
    Object.assign(store, {
      append: async (...write: Parameters<typeof append>) => {
        writes += 1;
        if (writes === 2) throw Object.assign(new Error("disk"), { code: "JOURNAL_FAILED" });
        return append(...write);
      },
    });
    await expect(complete(shop)).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    await shop.world.pass(15_000);
    expect(told(shop)).toMatchObject({ situation: "paidWithoutReceipt", choices: ["refund", "reRing"] });
    await expect(nextSale(shop)).resolves.toMatchObject({ state: "requesting" });
    expect(await complete(shop)).toMatchObject({ state: "completed" });
    expect(told(shop)).toMatchObject({ resolved: true });
  });

  test("is listed soon after its page is gone, and no longer when the page is back", async () => {
    const shop = await paidShop();
    shop.leave();
    await shop.world.pass(11_000);
    expect(told(shop)).toMatchObject({ situation: "paidWithoutReceipt", resolved: false });
    await shop.start({}, "page-2");
    expect(told(shop)).toMatchObject({ resolved: true });
    expect(await complete(shop)).toMatchObject({ state: "completed" });
  });

  test("is listed after a minute when its page has gone on to another sale", async () => {
    const shop = await paidShop();
    await shop.world.pass(10_000);
    await nextSale(shop, "page");
    await shop.world.pass(55_000);
    expect(told(shop)).toMatchObject({ situation: "paidWithoutReceipt", choices: ["refund", "reRing"] });
    expect(await complete(shop)).toMatchObject({ state: "completed" });
  });
});
