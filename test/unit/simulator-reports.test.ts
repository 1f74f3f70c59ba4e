import { beforeEach, describe, expect, test } from "vitest";
import { sale } from "../support/merchant.ts";
import { simulatedPlatform } from "../support/simulated-platform.ts";

let it: Awaited<ReturnType<typeof simulatedPlatform>>;

beforeEach(async () => {
  it = await simulatedPlatform();
});

const dayMs = 86_400_000;

async function sell(reference: string, refunded = 0): Promise<void> {
  await it.merchant.create(sale(reference));
  it.platform.phone.approve(reference);
  await it.merchant.capture(reference, 4990);
  if (refunded > 0) await it.merchant.refund(reference, refunded);
}

const ledgers = (query = "") => it.merchant.call("ledgers", "GET", `/settlement/v1/ledgers${query}`);

async function report(date: string, query = "") {
  const { body } = await ledgers();
  return it.merchant.call("report", "GET", `/report/v2/ledgers/${body.items[0].ledgerId}/funds/dates/${date}${query}`);
}

describe("the ledger of a sales unit", () => {
  test("is found by the handle it settles for", async () => {
    expect((await ledgers("?settlesForRecipientHandles=api:123456")).body.items).toMatchObject([
      { settlesForRecipientHandles: ["api:123456"] },
    ]);
    expect((await ledgers("?settlesForRecipientHandles=api:999999")).body.items).toEqual([]);
  });

  test("is not shown to keys that may not see it", async () => {
    it = await simulatedPlatform({ features: { reports: false } });
    expect(await ledgers()).toMatchObject({ status: 401, body: { code: "Unauthorized" } });
  });
});

describe("the report of a day", () => {
  test("holds what was captured and refunded that day, with the balance, and nothing that was only reserved", async () => {
    await sell("till-1-sale-1", 1000);
    await it.merchant.create(sale("till-1-sale-2"));
    it.platform.phone.approve("till-1-sale-2");
    const today = await report("2026-01-05");
    expect(today.body.items).toMatchObject([
      { entryType: "capture", reference: "till-1-sale-1", amount: 4990, balanceBefore: 0, balanceAfter: 4990 },
      { entryType: "refund", reference: "till-1-sale-1", amount: -1000, balanceAfter: 3990 },
    ]);
  });

  test("says to try later until the day is over, and is not there before the day has begun", async () => {
    await sell("till-1-sale-1");
    expect((await report("2026-01-05")).body.tryLater).toBe(true);
    expect((await report("2026-01-06")).status).toBe(404);
    await it.world.pass(dayMs);
    await it.merchant.authorize();
    expect((await report("2026-01-05")).body.tryLater).toBe(false);
    expect((await report("2026-01-06")).body.items).toEqual([]);
  });

  test("comes in pages, each of which names the next", async () => {
    for (let number = 1; number <= 130; number += 1) await sell(`till-1-sale-${number}`);
    const first = (await report("2026-01-05")).body;
    expect([first.items.length, first.hasMore]).toEqual([100, true]);
    const second = (await report("2026-01-05", `?cursor=${first.cursor}`)).body;
    expect([second.items.length, second.hasMore, second.cursor]).toEqual([30, false, undefined]);
  });

  test("refuses a cursor that was never given out and a date that is none", async () => {
    expect((await report("2026-01-05", "?cursor=x")).fields).toEqual(["cursor"]);
    expect((await report("yesterday")).status).toBe(400);
  });
});
