import { describe, expect, type TestContext, test } from "vitest";
import type { CommandContext } from "../../daemon/cli/command.ts";
import { reconcileCommand } from "../../daemon/cli/reconcile/command.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { quickWorld, Till } from "../support/till.ts";

// What is a day's and what another's, on a real journal and MobilePay's stand-in over HTTP.

const hourMs = 3_600_000;

interface Shop {
  readonly till: Till;
  /** Time passes, for the till and for MobilePay. */
  readonly pass: (ms: number) => void;
  readonly reconcile: (day: string, ...argv: string[]) => Promise<{ code: number; text: string }>;
}

interface Wish {
  /** The moment, as MobilePay sees it. */
  readonly at: string;
  readonly clockOffMs?: number;
  readonly ledgerStartsAtHour?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
}

async function openShop(
  context: TestContext,
  { at, clockOffMs = 0, ledgerStartsAtHour = 0, settings }: Wish,
): Promise<Shop> {
  const startedMs = Date.now();
  let aheadMs = Date.parse(at) - startedMs;
  const now = () => Date.now() + aheadMs;
  // MobilePay's clock moves only as told: how fast this machine is must not move a sale over the day's edge.
  const world = { ...quickWorld(), now, monotonicMs: () => 0 };
  const simulator = await startSimulator({ world, currency: "DKK", ledgerStartsAtHour });
  context.onTestFinished(() => simulator.close());
  const tillNow = () => now() + clockOffMs;
  const till = await Till.open({ simulator, world: { now: tillNow }, ...(settings && { settings }) });
  context.onTestFinished(() => till.close());
  return {
    till,
    pass: (ms) => {
      aheadMs += ms;
      simulator.clock.advance(ms);
    },
    reconcile: (day, ...argv) => reconcile(till, tillNow, ["--day", day, ...argv]),
  };
}

async function reconcile(till: Till, now: () => number, argv: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const parts = {
    version: "0.0.0",
    world: { ...realWorld(), now },
    config: () => loadConfig(till.configFile),
    print: (line: string) => void lines.push(line),
  };
  // The command uses no more of its context.
  const code = await reconcileCommand(argv, parts as unknown as CommandContext);
  return { code, text: lines.join("\n") };
}

async function refund(till: Till, value: number): Promise<void> {
  await till.call("refund.start", {
    refundId: "refund-01",
    paymentId: "payment-1",
    amount: { currency: "DKK", value },
  });
  await till.until("refund.changed", ({ refund: { state } }) => state === "refunded");
}

describe("a day's takings", () => {
  test.concurrent("are what was taken and given back that day, whatever day the sale was", async (context) => {
    const { till, pass, reconcile: books } = await openShop(context, { at: "2026-11-23T11:00:00Z" });
    await till.sell();
    pass(24 * hourMs);
    await refund(till, 990);
    pass(24 * hourMs);
    const first = await books("2026-11-23");
    expect(first.text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect(first.text).toContain("Given back: 0.00 here, 0.00 at MobilePay.");
    const second = await books("2026-11-24");
    expect(second.text).toContain("Taken: 0.00 here, 0.00 at MobilePay.");
    expect(second.text).toContain("Given back: 9.90 here, 9.90 at MobilePay.");
    expect([first.code, second.code]).toEqual([0, 0]);
  });

  test.concurrent("lack nothing that MobilePay's closed report lacks: that is a difference", async (context) => {
    const { till, pass, reconcile: books } = await openShop(context, { at: "2026-11-23T11:00:00Z" });
    await till.sell();
    till.simulator.platform.ledger.withhold("tillA-payment-1");
    expect(await books("2026-11-23")).toMatchObject({ code: 0, text: expect.stringContaining("not booked there yet") });
    pass(24 * hourMs);
    const { code, text } = await books("2026-11-23");
    expect(text).toMatch(/tillA-payment-1\tcompleted\there 49\.90 DKK\tMobilePay 0\.00 DKK\t.*report lacks it/);
    expect(text).toContain("Taken: 49.90 here, 0.00 at MobilePay.");
    expect(code).toBe(1);
  });

  test.concurrent("are not upset by fees, payouts, disputes and corrections, which are named", async (context) => {
    const { till, pass, reconcile: books } = await openShop(context, { at: "2026-11-23T11:00:00Z" });
    await till.sell();
    const { ledger } = till.simulator.platform;
    ledger.book({ entryType: "fees-retained", amount: -120 });
    ledger.book({ entryType: "retained-disputed-capture", amount: -4990, reference: "tillA-payment-1" });
    ledger.book({ entryType: "correction", amount: 15 });
    ledger.book({ entryType: "something-new", amount: -1 });
    ledger.book({ entryType: "payout-scheduled", amount: -4864, reference: "MobilePay 2000023" });
    pass(24 * hourMs);
    const { code, text } = await books("2026-11-23");
    expect(code).toBe(0);
    expect(text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect(text).toContain("-1.20\tfees kept back");
    expect(text).toContain("-49.90\theld back: a customer's bank disputes it\ttillA-payment-1");
    expect(text).toContain("0.15\tcorrected by MobilePay");
    expect(text).toContain("-0.01\tsomething-new");
    expect(text).toContain("-48.64\tpayout to the shop's account");
  });

  test.concurrent("go from the sales unit's cut-off to the next", async (context) => {
    const settings = { ledgerStartsAtHour: 4, at: "2026-11-24T01:30:00Z" };
    const { till, pass, reconcile: books } = await openShop(context, settings);
    await till.sell();
    pass(24 * hourMs);
    const { code, text } = await books("2026-11-23");
    expect(text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    // The settings say midnight: what MobilePay books elsewhere is explained.
    expect(text).toContain("tillA-payment-1: 49.90 taken at 2026-11-24 02:30, booked by MobilePay on 2026-11-23");
    expect(code).toBe(0);
    expect((await books("2026-11-24")).text).toContain("Taken: 0.00 here, 0.00 at MobilePay.");
  });

  test.concurrent("go by MobilePay's time where the till's clock is wrong", async (context) => {
    const wish = { at: "2026-11-23T22:30:00Z", clockOffMs: 2 * hourMs };
    const { till, pass, reconcile: books } = await openShop(context, wish);
    await till.sell();
    pass(24 * hourMs);
    expect((await books("2026-11-23")).text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect((await books("2026-11-24")).text).toContain("Taken: 0.00 here, 0.00 at MobilePay.");
    Object.assign(till.simulator.platform.unit.features, { reports: false });
    expect((await books("2026-11-23")).text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect((await books("2026-11-24")).text).toContain("0 payments, 0 agree.");
  });

  test.concurrent("are found by a till whose clock is wrong also where MobilePay's report lacks them", async (context) => {
    const wish = { at: "2026-11-23T22:30:00Z", clockOffMs: hourMs };
    const { till, pass, reconcile: books } = await openShop(context, wish);
    await till.sell();
    till.simulator.platform.ledger.withhold("tillA-payment-1");
    pass(24 * hourMs);
    expect((await books("2026-11-23")).text).toContain("Taken: 49.90 here, 0.00 at MobilePay.");
  });

  test.concurrent("are the shop's, whatever the computer's time zone is", async (context) => {
    const { till, pass, reconcile: books } = await openShop(context, { at: "2026-11-23T23:30:00Z" });
    await till.sell();
    pass(24 * hourMs);
    expect((await books("2026-11-24")).text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect((await books("2026-11-23")).text).toContain("0 payments, 0 agree.");
  });
});
