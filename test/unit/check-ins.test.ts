import { describe, expect, test } from "vitest";
import { type CheckIn, createCheckIns } from "../../daemon/checkin/check-ins.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { type BridgeEvent, eventTable } from "../../daemon/protocol/events.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const tag = "123456789012345";
const start = Date.UTC(2026, 10, 23, 10, 0, 0);

function rig({ mobilePayKnown = true, maxAgeBeforeSaleSeconds = 60 } = {}) {
  const world = new SteadyWorld();
  const given: CheckIn[] = [];
  const events: BridgeEvent[] = [];
  const shop = {
    tag: tag as string | undefined,
    /** A payment waits for a customer. */
    paying: false,
    mobilePayKnown,
    onDeliver: async (): Promise<void> => {},
  };
  const checkIns = createCheckIns({
    merchantSerialNumber: "123456",
    maxAgeBeforeSaleSeconds,
    world,
    tagId: () => shop.tag,
    mobilePayNow: () => (shop.mobilePayKnown ? start + world.monotonicMs() : undefined),
    async deliver(checkIn) {
      const { paying } = shop;
      await shop.onDeliver();
      if (!paying) return false;
      shop.paying = false;
      given.push(checkIn);
      return true;
    },
    emit: (event) => {
      eventTable[event.event].params.parse(event.params);
      events.push(event);
    },
  });

  /** A customer scans `secondsAgo` before the notification arrives, by MobilePay's clock. */
  const scan = (customerToken: string, secondsAgo = 0, more: { msn?: string; merchantQrId?: string } = {}) =>
    checkIns.notify({
      customerToken,
      merchantQrId: tag,
      msn: "123456",
      initiatedAt: new Date(start + world.monotonicMs() - secondsAgo * 1000).toISOString().replace("Z", "4567Z"),
      ...more,
    });
  /** The cashier picks MobilePay. */
  const sell = () => {
    const checkIn = checkIns.take();
    shop.paying = checkIn === undefined;
    return checkIn;
  };
  return { world, shop, given, events, checkIns, scan, sell };
}

describe("whose check-in it is", () => {
  test.each([
    ["another sales unit", { msn: "654321" }],
    ["another till's tag", { merchantQrId: "999999999999999" }],
  ])("one of %s is not accepted and never used", async (_, more) => {
    const { scan, sell, events } = rig();
    expect(await scan("a", 0, more)).toBe(false);
    expect(sell()).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("a till without a tag says so", async () => {
    const { shop, scan } = rig();
    shop.tag = undefined;
    await expect(scan("a")).rejects.toMatchObject({ code: "NOT_PAIRED" });
  });
});

describe("the sale is there first", () => {
  test("the check-in goes to the payment that waits, with its age by MobilePay's time", async () => {
    const { scan, sell, given, events } = rig();
    sell();
    expect(await scan("a", 3)).toBe(true);
    expect(given).toEqual([{ customerToken: "a", ageSeconds: expect.closeTo(3), others: 0 }]);
    expect(events).toEqual([{ event: "checkIn.received", params: { waiting: true } }]);
  });

  test("however long the payment has been waiting", async () => {
    const { world, scan, sell, given } = rig();
    sell();
    await world.pass(9 * 60_000);
    expect(await scan("a", 120)).toBe(true);
    expect(given).toHaveLength(1);
  });

  test("told twice it is used once, and the answer is the same", async () => {
    const { scan, sell, given, shop } = rig();
    sell();
    expect(await Promise.all([scan("a"), scan("a")])).toEqual([true, true]);
    shop.paying = true;
    expect(await scan("a")).toBe(true);
    expect(given).toHaveLength(1);
  });

  test("a scan from long before the sale is not taken for this customer, however late it is told", async () => {
    const { world, scan, sell, given } = rig();
    await world.pass(600_000);
    sell();
    await world.pass(5000);
    expect(await scan("gone", 66)).toBe(false);
    expect(await scan("here", 64)).toBe(true);
    expect(given.map(({ customerToken }) => customerToken)).toEqual(["here"]);
  });

  test("what could not be written down can be told again", async () => {
    const { scan, sell, shop, given } = rig();
    sell();
    shop.onDeliver = () => Promise.reject(new BridgeError("JOURNAL_FAILED"));
    await expect(scan("a")).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    shop.onDeliver = async () => {};
    expect(await scan("a")).toBe(true);
    expect(given).toHaveLength(1);
  });
});

describe("the customer is there first", () => {
  test("the check-in waits for the sale and is used once", async () => {
    const { world, scan, sell, events } = rig();
    expect(await scan("a", 2)).toBe(true);
    expect(events).toEqual([{ event: "checkIn.received", params: { waiting: false } }]);
    await world.pass(10_000);
    expect(sell()).toEqual({ customerToken: "a", ageSeconds: expect.closeTo(12), others: 0 });
    expect(sell()).toBeUndefined();
  });

  test.each([
    [60, "a"],
    [61, undefined],
  ])("after %d seconds in all it is %s", async (seconds, token) => {
    const { world, scan, sell } = rig();
    await scan("a", 20);
    await world.pass((seconds - 20) * 1000);
    expect(sell()?.customerToken).toBe(token);
  });

  test("the shop may set another time, or none at all", async () => {
    const long = rig({ maxAgeBeforeSaleSeconds: 300 });
    await long.scan("a", 250);
    expect(long.sell()?.customerToken).toBe("a");
    const none = rig({ maxAgeBeforeSaleSeconds: 0 });
    expect(await none.scan("a", 1)).toBe(false);
    expect(none.sell()).toBeUndefined();
  });

  test("one that is too old for any sale is not accepted, so that the customer learns to scan again", async () => {
    const { scan, sell, events } = rig();
    expect(await scan("a", 61)).toBe(false);
    expect(sell()).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("who waited when another sale ended is not taken for the next", async () => {
    const { checkIns, scan, sell } = rig();
    await scan("a");
    checkIns.saleEnded();
    expect(sell()).toBeUndefined();
  });

  test("the newest scan wins by MobilePay's clock, whatever order they arrive in, and the others are counted", async () => {
    const { scan, sell } = rig();
    await scan("first", 30);
    await scan("newest", 5);
    await scan("second", 20);
    await scan("newest", 5);
    expect(sell()).toMatchObject({ customerToken: "newest", others: 2 });
    expect(sell()).toBeUndefined();
  });

  test("who scanned too long ago is not counted", async () => {
    const { world, scan, sell } = rig();
    await scan("gone", 30);
    await world.pass(40_000);
    await scan("here");
    expect(sell()).toMatchObject({ customerToken: "here", others: 0 });
  });

  test("a crowd is not remembered for ever", async () => {
    const { scan, sell } = rig();
    for (let index = 0; index < 500; index += 1) await scan(`customer ${index}`);
    expect(sell()).toMatchObject({ customerToken: "customer 499", others: 19 });
  });
});

test("a sale that starts while the check-in is being offered still gets it", async () => {
  const { scan, sell, shop, given } = rig();
  let started = false;
  shop.onDeliver = async () => {
    if (!started) sell();
    started = true;
  };
  expect(await scan("a")).toBe(true);
  expect(given).toHaveLength(1);
});

describe("clocks", () => {
  test.each([
    [15 * 60, "not accepted"],
    [15 * 60 + 1, "CHECK_IN_STALE"],
  ])("after %d seconds by MobilePay's time it is %s", async (seconds, outcome) => {
    const { scan } = rig();
    expect(await scan("a", seconds).catch((error: unknown) => error)).toEqual(
      outcome === "not accepted" ? false : expect.objectContaining({ code: outcome }),
    );
  });

  test("the till's own wall clock plays no part", async () => {
    const { world, scan, sell } = rig();
    world.wallOffMs += 86_400_000;
    await scan("a");
    world.wallOffMs -= 2 * 86_400_000;
    expect(sell()).toMatchObject({ customerToken: "a", ageSeconds: 0 });
  });

  test("as long as MobilePay's time is not known the age counts from the arrival", async () => {
    const { world, scan, sell } = rig({ mobilePayKnown: false });
    expect(await scan("a", 300)).toBe(true);
    await world.pass(59_000);
    expect(sell()).toMatchObject({ customerToken: "a", ageSeconds: 59 });
    await scan("b");
    await world.pass(61_000);
    expect(sell()).toBeUndefined();
  });

  test("once it is known it counts", async () => {
    const { shop, scan, sell } = rig({ mobilePayKnown: false });
    await scan("a", 300);
    shop.mobilePayKnown = true;
    expect(sell()).toBeUndefined();
  });

  test("a time that lies ahead keeps nobody young", async () => {
    const { world, scan, sell } = rig();
    await scan("a", -3600);
    await world.pass(61_000);
    expect(sell()).toBeUndefined();
  });
});
