import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reconciled } from "../../daemon/payments/reconcile/reconcile.ts";
import { shopDateAt, shopDayOf, shopTimeOf } from "../../daemon/payments/reconcile/shop-day.ts";
import { type Act, ShopWeek, tills, type Week } from "../support/reconcile-week.ts";

// A week of sales, whole: the simulator's own ledger is the other side.

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Weeks in which the clocks go forward, go back, and stay. */
const weeks = ["2026-03-24T12:00Z", "2026-10-20T12:00Z", "2026-11-23T12:00Z"].map((text) => Date.parse(text));

const at = fc.oneof(
  fc.integer({ min: 0, max: 7 * dayMs }),
  // Minutes around the end of a day, where the wrong day is near.
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 9 * hourMs, max: 16 * hourMs }))
    .map(([day, ms]) => day * dayMs + ms),
);
const till = fc.integer({ min: 0, max: 1 });
const amount = fc.integer({ min: 1000, max: 50_000 });
const part = fc.integer({ min: 300, max: 900 });
const payment = fc.nat(30);
const learntAfterMs = fc.option(fc.integer({ min: 0, max: dayMs }), { nil: undefined });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("sell"), at, till, amount }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("sellInParts"), at, till, amount, part, learntAfterMs }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("refund"), at, payment, amount, learntAfterMs }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom("refundAtAnotherTill", "refundInPortal"),
      at,
      payment,
      amount,
      learntAfterMs,
    }),
  },
);

const week: fc.Arbitrary<Week> = fc.record({
  startsAt: fc.constantFrom(...weeks),
  currency: fc.constantFrom("DKK", "NOK", "EUR"),
  ledgerStartsAtHour: fc.constantFrom(0, 2, 3, 4),
  clocksOffMs: fc.array(fc.integer({ min: -90 * 60_000, max: 90 * 60_000 }), { minLength: 2, maxLength: 2 }),
  lateByMs: fc.constantFrom(0, 1000, 40 * 60_000),
  acts: fc.array(act, { minLength: 5, maxLength: 40 }),
});

function datesOf({ startsAt }: Week): string[] {
  return Array.from({ length: 9 }, (_none, index) => new Date(startsAt + index * dayMs).toISOString().slice(0, 10));
}

/** What a till's books say of a day. */
function sums({ rows }: Reconciled, side: "here" | "there") {
  const ours = rows.filter((row) => row.ours);
  const of = (what: "captured" | "refunded") => ours.reduce((total, row) => total + (row[side]?.[what] ?? 0), 0);
  return { captured: of("captured"), refunded: of("refunded") };
}

/** What MobilePay's ledger says of a till's day. */
function ledgerSums(shop: ShopWeek, prefix: string, date: string) {
  const entries = shop.it.platform.ledger
    .entries()
    .filter((one) => one.ledgerDate === date && one.reference.startsWith(prefix));
  const of = (type: string) =>
    entries.filter(({ entryType }) => entryType === type).reduce((total, one) => total + Math.abs(one.amount), 0);
  return { captured: of("capture"), refunded: of("refund") };
}

describe("a week of sales, whatever happened and wherever", () => {
  test("is to the øre what MobilePay's own ledger says, each day, and what differs is what the till never learnt", async () => {
    await fc.assert(
      fc.asyncProperty(week, async (lived) => {
        const shop = await ShopWeek.live(lived);
        const unlearnt = new Set(shop.sold.filter((sold) => !shop.hasHeard(sold)).map(({ reference }) => reference));
        for (const [index, name] of tills.entries()) {
          for (const date of datesOf(lived)) {
            const found = await shop.reconcile(index, date);
            const said = { date, name, there: sums(found, "there") };
            expect(said).toEqual({ date, name, there: ledgerSums(shop, `${name}-`, date) });
            const learnt = found.rows.filter((row) => row.ours && !unlearnt.has(row.reference));
            for (const { reference, verdict, here, there } of learnt)
              expect({ reference, verdict, here }).toEqual({ reference, verdict: "matched", here: there });
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("without reports is the same by the time of each movement at MobilePay", async () => {
    await fc.assert(
      fc.asyncProperty(week, async (lived) => {
        // What a till never heard of it cannot ask about: there is no list of payments but the report.
        const heard = lived.acts.map((one) =>
          one.act === "sell" ? one : { ...one, learntAfterMs: one.learntAfterMs ?? dayMs },
        );
        const shop = await ShopWeek.live({ ...lived, lateByMs: 0, acts: heard });
        Object.assign(shop.it.platform.unit.features, { reports: false });
        for (const [index, name] of tills.entries())
          for (const date of datesOf(lived)) {
            const found = await shop.reconcile(index, date);
            expect({ date, ...sums(found, "there") }).toEqual({ date, ...ledgerSums(shop, `${name}-`, date) });
          }
      }),
      { numRuns: 10 },
    );
  });
});

test("a payment that cannot be read here is told, and keeps no other from being compared", async () => {
  const startsAt = weeks[2] ?? 0;
  const quiet = { startsAt, currency: "DKK", ledgerStartsAtHour: 0, clocksOffMs: [0, 0], lateByMs: 0 } as const;
  const sell = (at: number) => ({ act: "sell", at, till: 0, amount: 1000 }) as const;
  const shop = await ShopWeek.live({ ...quiet, acts: [sell(0), sell(1000)] });
  shop.damage(0, "tillA-payment-0");
  const found = await shop.reconcile(0, "2026-11-23");
  expect(found.unreadableHere).toBe(1);
  expect(found.rows.map(({ reference, verdict }) => [reference, verdict])).toEqual([
    ["tillA-payment-1", "matched"],
    ["tillA-payment-0", "onlyThere"],
  ]);
});

describe("a shop's day", () => {
  test.each([
    ["DKK", "Europe/Copenhagen"],
    ["NOK", "Europe/Oslo"],
    ["SEK", "Europe/Stockholm"],
    ["EUR", "Europe/Helsinki"],
  ] as const)("in %s ends where the next begins, and lasts 23, 24 or 25 hours", (currency, timeZone) => {
    for (const hour of [0, 2, 3, 4, 6]) {
      const time = shopTimeOf(currency, hour);
      expect(time.timeZone).toBe(timeZone);
      const hours = (date: string) => {
        const { from, to } = shopDayOf(date, time) ?? { from: 0, to: 0 };
        expect([shopDateAt(from, time), shopDateAt(to - 1, time)]).toEqual([date, date]);
        return (to - from) / hourMs;
      };
      // The clocks go forward on 29 March and back on 25 October, at one o'clock UTC: after or before a day's cut-off.
      const spring = hours("2026-03-28") + hours("2026-03-29");
      const autumn = hours("2026-10-24") + hours("2026-10-25");
      expect([hour, spring, autumn, hours("2026-11-23")]).toEqual([hour, 47, 49, 24]);
    }
  });
});
