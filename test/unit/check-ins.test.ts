import { describe, expect, test } from "vitest";
import { type CheckIn, openCheckIns, type CheckInNotice } from "../../daemon/check-in/check-ins.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { type BridgeEvent, eventTable } from "../../daemon/protocol/events.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { rowOf, started } from "../support/orders.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const tag = "123456789012345";
const start = Date.UTC(2026, 10, 23, 10, 0, 0);

interface RigOptions {
  readonly mobilePayKnown?: boolean;
  readonly maxAgeBeforeSaleSeconds?: number;
  readonly world?: SteadyWorld;
  readonly store?: MemoryStore;
}

async function rig({ mobilePayKnown = true, maxAgeBeforeSaleSeconds = 60, ...kept }: RigOptions = {}) {
  const { world = new SteadyWorld() } = kept;
  const { store = new MemoryStore(() => world.now()) } = kept;
  const given: CheckIn[] = [];
  const events: BridgeEvent[] = [];
  const shop = {
    tag: tag as string | undefined,
    /** A payment waits for a customer. */
    paying: false,
    mobilePayKnown,
    onDeliver: async (): Promise<void> => {},
  };
  const checkIns = await openCheckIns({
    store: store.checkIns,
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
  const scan = (customerToken: string, secondsAgo = 0, more: Partial<CheckInNotice> = {}) =>
    checkIns.notify({
      customerToken,
      merchantQrId: tag,
      msn: "123456",
      initiatedAt: new Date(start + world.monotonicMs() - secondsAgo * 1000).toISOString().replace("Z", "4567Z"),
      ...more,
    });
  /** The cashier picks MobilePay. */
  const sell = () => {
    const checkIn = checkIns.consumeNewest();
    shop.paying = checkIn === undefined;
    return checkIn;
  };
  /** The daemon ends, `seconds` pass, and the next one finds what is on disk. */
  const restart = async (seconds = 0) => {
    const next = store.restart();
    await world.pass(seconds * 1000);
    return rig({ mobilePayKnown, maxAgeBeforeSaleSeconds, world, store: next });
  };
  return { world, store, shop, given, events, checkIns, scan, sell, restart };
}

describe("whose check-in it is", () => {
  test.each([
    ["another sales unit", { msn: "654321" }],
    ["another till's tag", { merchantQrId: "999999999999999" }],
  ])("one of %s is not accepted and never used", async (_, more) => {
    const { scan, sell, events } = await rig();
    expect(await scan("a", 0, more)).toBe(false);
    expect(sell()).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("a till without a tag says so", async () => {
    const { shop, scan } = await rig();
    shop.tag = undefined;
    await expect(scan("a")).rejects.toMatchObject({ code: "NOT_PAIRED" });
  });
});

describe("the sale is there first", () => {
  test("the check-in goes to the payment that waits, with its age by MobilePay's time", async () => {
    const { scan, sell, given, events } = await rig();
    sell();
    expect(await scan("a", 3)).toBe(true);
    expect(given).toEqual([{ customerToken: "a", ageSeconds: expect.closeTo(3), others: 0 }]);
    expect(events).toEqual([{ event: "checkIn.received", params: { waiting: true, others: 0 } }]);
  });

  test("however long the payment has been waiting", async () => {
    const { world, scan, sell, given } = await rig();
    sell();
    await world.pass(9 * 60_000);
    expect(await scan("a", 120)).toBe(true);
    expect(given).toHaveLength(1);
  });

  test("told twice it is used once, and the answer is the same", async () => {
    const { scan, sell, given, shop } = await rig();
    sell();
    expect(await Promise.all([scan("a"), scan("a")])).toEqual([true, true]);
    shop.paying = true;
    expect(await scan("a")).toBe(true);
    expect(given).toHaveLength(1);
  });

  test("a scan from long before the sale is not taken for this customer, however late it is told", async () => {
    const { world, scan, sell, given } = await rig();
    await world.pass(600_000);
    sell();
    await world.pass(5000);
    expect(await scan("gone", 66)).toBe(false);
    expect(await scan("here", 64)).toBe(true);
    expect(given.map(({ customerToken }) => customerToken)).toEqual(["here"]);
  });

  test("what could not be written down can be told again", async () => {
    const { scan, sell, shop, given } = await rig();
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
    const { world, scan, sell, events } = await rig();
    expect(await scan("a", 2)).toBe(true);
    expect(events).toEqual([{ event: "checkIn.received", params: { waiting: false, others: 0 } }]);
    await world.pass(10_000);
    expect(sell()).toEqual({ customerToken: "a", ageSeconds: expect.closeTo(12), others: 0 });
    expect(sell()).toBeUndefined();
  });

  test.each([
    [60, "a"],
    [61, undefined],
  ])("after %d seconds in all it is %s", async (seconds, token) => {
    const { world, scan, sell } = await rig();
    await scan("a", 20);
    await world.pass((seconds - 20) * 1000);
    expect(sell()?.customerToken).toBe(token);
  });

  test("the shop may set another time, or none at all", async () => {
    const long = await rig({ maxAgeBeforeSaleSeconds: 300 });
    await long.scan("a", 250);
    expect(long.sell()?.customerToken).toBe("a");
    const none = await rig({ maxAgeBeforeSaleSeconds: 0 });
    expect(await none.scan("a", 1)).toBe(false);
    expect(none.sell()).toBeUndefined();
  });

  test("one that is too old for any sale is not accepted, so that the customer learns to scan again", async () => {
    const { scan, sell, events } = await rig();
    expect(await scan("a", 61)).toBe(false);
    expect(sell()).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("who waited when another sale ended is not taken for the next", async () => {
    const { checkIns, scan, sell } = await rig();
    await scan("a");
    checkIns.onSaleEnded();
    expect(sell()).toBeUndefined();
  });

  test("the newest scan wins by MobilePay's clock, whatever order they arrive in, and the others are counted", async () => {
    const { scan, sell } = await rig();
    await scan("first", 30);
    await scan("newest", 5);
    await scan("second", 20);
    await scan("newest", 5);
    expect(sell()).toMatchObject({ customerToken: "newest", others: 2 });
    expect(sell()).toBeUndefined();
  });

  test("who scanned too long ago is not counted", async () => {
    const { world, scan, sell } = await rig();
    await scan("gone", 30);
    await world.pass(40_000);
    await scan("here");
    expect(sell()).toMatchObject({ customerToken: "here", others: 0 });
  });

  test("a crowd is not remembered for ever", async () => {
    const { scan, sell } = await rig();
    for (let index = 0; index < 500; index += 1) await scan(`customer ${index}`);
    expect(sell()).toMatchObject({ customerToken: "customer 499", others: 19 });
  });
});

test("a sale that starts while the check-in is being offered still gets it", async () => {
  const { scan, sell, shop, given } = await rig();
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
    const { scan } = await rig();
    expect(await scan("a", seconds).catch((error: unknown) => error)).toEqual(
      outcome === "not accepted" ? false : expect.objectContaining({ code: outcome }),
    );
  });

  test("the till's own wall clock plays no part", async () => {
    const { world, scan, sell } = await rig();
    world.wallOffMs += 86_400_000;
    await scan("a");
    world.wallOffMs -= 2 * 86_400_000;
    expect(sell()).toMatchObject({ customerToken: "a", ageSeconds: 0 });
  });

  test("as long as MobilePay's time is not known the age counts from the arrival", async () => {
    const { world, scan, sell } = await rig({ mobilePayKnown: false });
    expect(await scan("a", 300)).toBe(true);
    await world.pass(59_000);
    expect(sell()).toMatchObject({ customerToken: "a", ageSeconds: 59 });
    await scan("b");
    await world.pass(61_000);
    expect(sell()).toBeUndefined();
  });

  test("once it is known it counts", async () => {
    const { shop, scan, sell } = await rig({ mobilePayKnown: false });
    await scan("a", 300);
    shop.mobilePayKnown = true;
    expect(sell()).toBeUndefined();
  });

  test("a time that lies ahead keeps nobody young", async () => {
    const { world, scan, sell } = await rig();
    await scan("a", -3600);
    await world.pass(61_000);
    expect(sell()).toBeUndefined();
  });
});

describe("what is on disk", () => {
  const sold = (store: MemoryStore) => store.payments.append("payment-1", [started("payment-1")], rowOf("payment-1"));

  test("is there before the check-in is acknowledged", async () => {
    const { scan, store } = await rig();
    store.dies = "beforeDurable";
    const answer = scan("a");
    expect(await Promise.race([answer, Promise.resolve("not yet")])).toBe("not yet");
    expect(await store.restart().checkIns.recent(9)).toEqual([]);
  });

  test("decides: what cannot be written is not acknowledged, and can be told again", async () => {
    const { scan, sell, store, events } = await rig();
    store.failing = true;
    await expect(scan("a")).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(events).toEqual([]);
    store.failing = false;
    expect(await scan("a")).toBe(true);
    expect(sell()).toMatchObject({ customerToken: "a" });
  });

  test("still waits after a restart, and is as old as it then is", async () => {
    const { scan, restart } = await rig();
    await scan("a", 5);
    const next = await restart(20);
    expect(next.sell()).toEqual({ customerToken: "a", ageSeconds: expect.closeTo(25), others: 0 });
    expect(next.sell()).toBeUndefined();
  });

  test("waits no longer than it would have without a restart, whether MobilePay's time is known by then or not", async () => {
    for (const mobilePayKnown of [true, false]) {
      const { scan, restart } = await rig({ mobilePayKnown });
      await scan("a");
      expect((await restart(61)).sell()).toBeUndefined();
    }
  });

  test("is not trusted to be young when the till's clock went back while it was off", async () => {
    const { world, scan, restart } = await rig({ mobilePayKnown: false });
    await scan("a");
    world.wallOffMs -= 3_600_000;
    expect((await restart(300)).sell()).toBeUndefined();
  });

  test("is used up for good: told again after a restart it is known, and no other sale gets it", async () => {
    const { scan, sell, store, restart } = await rig();
    sell();
    await scan("a");
    await sold(store);
    const next = await restart(1);
    next.sell();
    expect(await next.scan("a")).toBe(true);
    expect(next.given).toEqual([]);
    expect(next.sell()).toBeUndefined();
  });

  test("is for no later sale when another was under way after it", async () => {
    const { scan, store, restart } = await rig();
    await scan("a");
    await sold(store);
    expect((await restart(1)).sell()).toBeUndefined();
  });

  test("goes to the payment from before the restart as soon as that is shown again", async () => {
    const { scan, restart } = await rig();
    await scan("a");
    const next = await restart(3);
    next.shop.paying = true;
    await next.checkIns.assignNewest();
    expect(next.given).toEqual([{ customerToken: "a", ageSeconds: expect.closeTo(3), others: 0 }]);
    next.shop.paying = true;
    await next.checkIns.assignNewest();
    expect(next.given).toHaveLength(1);
  });

  test("waits on when nobody wants it", async () => {
    const { checkIns, scan, sell } = await rig();
    await scan("a");
    await checkIns.assignNewest();
    expect(sell()).toMatchObject({ customerToken: "a" });
  });
});

describe("two customers on one tag", () => {
  test("the page is told how many more there were, and the payment remembers", async () => {
    const { scan, sell, events } = await rig();
    await scan("first", 9);
    await scan("second", 1);
    expect(events.map(({ params }) => params)).toEqual([
      { waiting: false, others: 0 },
      { waiting: false, others: 1 },
    ]);
    expect(sell()).toMatchObject({ customerToken: "second", others: 1 });
  });

  test("one who comes when the sale has its customer already is told of too, and is not the next sale's", async () => {
    const { checkIns, scan, sell, given, events } = await rig();
    sell();
    await scan("first");
    await scan("second");
    expect(events.map(({ params }) => params)).toEqual([
      { waiting: true, others: 0 },
      { waiting: false, others: 1 },
    ]);
    checkIns.onSaleEnded();
    expect(await scan("second")).toBe(true);
    expect(sell()).toBeUndefined();
    expect(given.map(({ customerToken }) => customerToken)).toEqual(["first"]);
    await scan("third");
    expect(events.at(-1)).toMatchObject({ params: { others: 0 } });
  });
});

describe("the times that MobilePay signed", () => {
  const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

  test.each([
    ["younger than the limit", 60, true],
    ["older than the limit", 61, false],
  ])("tell the age before MobilePay was ever asked for the time: %s", async (_what, seconds, accepted) => {
    const { scan } = await rig({ mobilePayKnown: false });
    expect(await scan("a", 0, { initiatedAt: at(-seconds), sentAt: at(0) })).toBe(accepted);
  });

  test("tell that it is too old for any sale", async () => {
    const { scan } = await rig({ mobilePayKnown: false });
    await expect(scan("a", 0, { initiatedAt: at(-901), sentAt: at(0) })).rejects.toMatchObject({
      code: "CHECK_IN_STALE",
    });
  });

  test("count on while it waits", async () => {
    const { world, scan, sell } = await rig({ mobilePayKnown: false });
    await scan("a", 0, { initiatedAt: at(-20), sentAt: at(0) });
    await world.pass(15_000);
    expect(sell()).toMatchObject({ ageSeconds: 35 });
  });
});
