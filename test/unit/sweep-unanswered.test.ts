import { expect, test } from "vitest";
import { memorySweeps } from "../support/memory-sweeps.ts";
import { Shop } from "../support/shop.ts";

const never = new AbortController().signal;
const amount = { currency: "DKK" as const, value: 4990 };

/** A till with so many sales that are done, how it sweeps, and which payments MobilePay was asked about meanwhile. */
async function sold(count: number) {
  const shop = new Shop();
  for (let nth = 1; nth <= count; nth += 1) {
    const paymentId = `payment-${nth}`;
    await shop.start({ paymentId, sale: { saleId: `sale-${nth}`, total: amount } });
    await shop.until("waitingForApproval", paymentId);
    shop.bank.approve(`kassa1-${paymentId}`);
    await shop.until("paid", paymentId);
    await shop.act((payments) => payments.complete({ paymentId, receiptNumber: `r-${nth}` }, shop.page()));
  }
  await shop.world.pass(60_000);
  const sweeps = memorySweeps(() => shop.world.now());
  const asked = new Map<string, number>();
  shop.onRequest = ({ reference }) => asked.set(reference, (asked.get(reference) ?? 0) + 1);
  const sweep = async () => {
    const startedMs = shop.world.monotonicMs();
    let swept: unknown = "nothing yet";
    const swept_ = shop.payments.sweep(sweeps, never).then((report) => (swept = report));
    await shop.world.passUntil(() => swept !== "nothing yet", 24 * 3_600_000);
    return { report: await swept_, tookMs: shop.world.monotonicMs() - startedMs };
  };
  const silentAbout = (...nths: number[]) => {
    const references = nths.map((nth) => `kassa1-payment-${nth}`);
    shop.bank.fate = (_, reference) =>
      references.includes(reference) ? { kind: "lostBefore", latencyMs: 5 } : { kind: "ok", latencyMs: 5 };
  };
  return { shop, sweeps, asked, sweep, silentAbout };
}

test("a payment about which MobilePay never answers keeps no other from being looked at, and is asked about once more later", async () => {
  const { shop, sweeps, asked, sweep, silentAbout } = await sold(6);
  silentAbout(6);
  shop.bank.inPortal("refund", "kassa1-payment-2");
  const { report, tookMs } = await sweep();
  expect(report).toMatchObject({ checked: 5, unanswered: ["payment-6"] });
  expect(asked.size).toBe(6);
  expect(asked.get("kassa1-payment-6")).toBeGreaterThan(1);
  expect(tookMs).toBeLessThanOrEqual(5 * 60_000);
  expect(sweeps.kept).toHaveLength(1);
  expect(await shop.act((payments) => payments.get("payment-2"))).toMatchObject({ refunded: 2495 });
});

test("what was not answered is looked at by the next sweep, however old it has become", async () => {
  const { shop, asked, sweep, silentAbout } = await sold(3);
  silentAbout(1);
  for (let day = 0; day < 4; day += 1) {
    asked.clear();
    expect((await sweep()).report).toMatchObject({ unanswered: ["payment-1"] });
    expect(asked.has("kassa1-payment-1")).toBe(true);
    const paymentId = `payment-new-${day}`;
    await shop.start({ paymentId, sale: { saleId: `sale-new-${day}`, total: amount } });
    await shop.act((payments) => payments.cancel(paymentId));
    await shop.until("cancelled", paymentId);
  }
  silentAbout();
  const { report } = await sweep();
  expect(report).not.toHaveProperty("unanswered");
});

test("while MobilePay is away altogether few payments are asked about, and the sweep comes again", async () => {
  const { sweeps, asked, sweep, silentAbout } = await sold(30);
  silentAbout(...Array.from({ length: 30 }, (_, index) => index + 1));
  const { report, tookMs } = await sweep();
  expect(report).toBeUndefined();
  expect(sweeps.kept).toEqual([]);
  expect(asked.size).toBeLessThanOrEqual(20);
  expect(tookMs).toBeLessThanOrEqual(10 * 60_000);
});

test("an answer that asks to wait for a year does not stop the sweep", async () => {
  const { shop, sweep } = await sold(3);
  shop.bank.fate = (_, reference) =>
    reference === "kassa1-payment-3"
      ? { kind: "busy", latencyMs: 5, retryAfterMs: 365 * 86_400_000 }
      : { kind: "ok", latencyMs: 5 };
  const { report, tookMs } = await sweep();
  expect(report).toMatchObject({ checked: 2, unanswered: ["payment-3"] });
  expect(tookMs).toBeLessThanOrEqual(10 * 60_000);
});
