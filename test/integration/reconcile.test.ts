import { describe, expect, type TestContext, test } from "vitest";
import type { CommandContext } from "../../daemon/cli/command.ts";
import { reconcileCommand } from "../../daemon/cli/reconcile/command.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createMobilePay } from "../../daemon/mobilepay/client.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { quickWorld, Till, type TillOptions } from "../support/till.ts";

// The command that a shop closes its day with, on a real journal and MobilePay's stand-in over HTTP, while the service runs.

// A day of the shop's and of MobilePay's is the same day only where the clock shows the shop's time.
process.env["TZ"] = "Europe/Copenhagen";

const dkk = (value: number) => ({ currency: "DKK" as const, value });

/** It is noon, here and at MobilePay, whose day may end while it is still this one here. */
const aheadMs = new Date().setHours(12, 0, 0, 0) - Date.now();
const now = () => Date.now() + aheadMs;

async function openTill(context: TestContext, options: TillOptions = {}): Promise<Till> {
  const simulator = await startSimulator({ world: { ...quickWorld(), now }, currency: options.currency ?? "DKK" });
  context.onTestFinished(() => simulator.close());
  const till = await Till.open({ world: { now }, ...options, simulator });
  context.onTestFinished(() => till.close());
  return till;
}

async function reconcile(till: Till, ...argv: string[]): Promise<{ code: number; text: string }> {
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

async function asJson(till: Till) {
  const { code, text } = await reconcile(till, "--json");
  return {
    code,
    found: JSON.parse(text) as { payments: { reference: string; verdict: string }[] } & Record<string, unknown>,
  };
}

/** MobilePay's API with the shop's keys, as somebody else would use it. */
function elsewhere(till: Till) {
  const identity = { ...defaultCredentials, systemName: "portal", systemVersion: "1" };
  return createMobilePay({ ...identity, baseUrl: till.simulator.url, world: realWorld(), log: silentLogger }).gateway;
}

async function sellElsewhere(till: Till, reference: string): Promise<void> {
  const gateway = elsewhere(till);
  const customer = { by: "phone", phoneNumber: "4500000001" } as const;
  const body = gateway.createBody({ reference, amount: dkk(2500), customer });
  await gateway.create({ reference, key: `${reference}-n`, body });
  till.simulator.platform.phone.approve(reference);
  await gateway.capture({ reference, key: `${reference}-c`, body: gateway.amountBody(dkk(2500)) });
}

async function aDay(till: Till): Promise<void> {
  await till.sell();
  await till.call("refund.start", { refundId: "refund-01", paymentId: "payment-1", amount: dkk(990) });
  await till.until("refund.changed", ({ refund }) => refund.state === "refunded");
  await till.start({ paymentId: "payment-2", sale: { saleId: "sale-2", total: dkk(4990) } });
  await till.untilPayment("waitingForApproval", "payment-2");
  await till.call("payment.cancel", { paymentId: "payment-2" });
  await till.untilPayment("cancelled", "payment-2");
}

describe("tillbridge reconcile", () => {
  test.concurrent("says that a day is settled when everything agrees, with the sums of both sides", async (context) => {
    const till = await openTill(context);
    await aDay(till);
    const { code, text } = await reconcile(till);
    expect(code).toBe(0);
    expect(text).toContain("2 payments, 2 agree.");
    expect(text).toContain("Taken: 49.90 here, 49.90 at MobilePay.");
    expect(text).toContain("Given back: 9.90 here, 9.90 at MobilePay.");
    expect(text).toContain("Settled.");
    expect(text).toContain("not closed there yet");
  });

  test.concurrent("finds what only MobilePay knows, by its report, and leaves the other tills' payments to them", async (context) => {
    const till = await openTill(context);
    await aDay(till);
    await sellElsewhere(till, "tillA-payment-9");
    await sellElsewhere(till, "tillB-payment-1");
    const { code, found } = await asJson(till);
    expect(code).toBe(1);
    expect(found.payments.filter(({ verdict }) => verdict !== "matched")).toEqual([
      { reference: "tillA-payment-9", verdict: "onlyThere", there: { captured: 2500, refunded: 0 } },
    ]);
  });

  test.concurrent("finds an amount that was given back in MobilePay's portal", async (context) => {
    const till = await openTill(context);
    await till.sell();
    const gateway = elsewhere(till);
    await gateway.refund({ reference: "tillA-payment-1", key: "portal-1", body: gateway.amountBody(dkk(500)) });
    const { code, text } = await reconcile(till);
    expect(code).toBe(1);
    expect(text).toMatch(/tillA-payment-1\tcompleted\there 49\.90 DKK\tMobilePay 49\.90 -5\.00 DKK\tdifferent amounts/);
  });

  test.concurrent("finds money that is still reserved for a payment that is over", async (context) => {
    const till = await openTill(context);
    await aDay(till);
    Object.assign(till.account("tillA-payment-2"), { state: "AUTHORIZED", authorized: 4990 });
    const { code, found } = await asJson(till);
    expect(code).toBe(1);
    expect(found.payments).toContainEqual(
      expect.objectContaining({ reference: "tillA-payment-2", verdict: "reservationLeft" }),
    );
  });

  test.concurrent("is not settled while a case is open, and says until when it can be decided", async (context) => {
    const till = await openTill(context);
    await till.start();
    await till.untilPayment("waitingForApproval");
    till.simulator.platform.phone.beginApproval("tillA-payment-1");
    await till.call("payment.cancel", { paymentId: "payment-1" });
    await till.untilPayment("cancelling");
    till.simulator.platform.phone.finishApproval("tillA-payment-1");
    await till.until("recovery.changed", ({ item }) => item.choices.length > 0);
    const { code, text } = await reconcile(till);
    expect(code).toBe(1);
    expect(text).toContain("Open cases: 1.");
    expect(text).toMatch(/tillA-payment-1\tneedsDecision.*reserved until 20/);
    const tomorrow = new Date(now() + 86_400_000).toLocaleDateString("sv-SE");
    expect(await reconcile(till, "--day", tomorrow)).toMatchObject({
      code: 1,
      text: expect.stringContaining("Open cases: 1."),
    });
    await till.call("recovery.resolve", { paymentId: "payment-1", decision: "refund" });
    await till.untilPayment("refunded");
    expect(await reconcile(till)).toMatchObject({ code: 0 });
  });

  test.concurrent("says what it cannot see with keys that may not read reports, and is settled all the same", async (context) => {
    const till = await openTill(context);
    await till.sell();
    till.simulator.faults.plan({ operation: "ledgers", fault: { kind: "html" }, times: 100 });
    expect((await reconcile(till)).text).toContain("could not be read");
    till.simulator.faults.clear();
    Object.assign(till.simulator.platform.unit.features, { reports: false });
    const { code, text } = await reconcile(till);
    expect([code, text]).toEqual([0, expect.stringContaining("may not read MobilePay's reports")]);
  });

  test.concurrent("is not settled when MobilePay does not answer", async (context) => {
    const till = await openTill(context);
    await till.sell();
    till.simulator.faults.plan({ operation: "get", fault: { kind: "lostBefore" }, times: 100 });
    const { code, text } = await reconcile(till);
    expect([code, text]).toEqual([1, expect.stringContaining("MobilePay did not answer")]);
  });

  test.concurrent("shows a quiet day as what it is, and every payment when it is asked to", async (context) => {
    const till = await openTill(context);
    await till.sell();
    expect((await reconcile(till, "--day", "2020-01-01")).text).toContain("0 payments, 0 agree.");
    expect((await reconcile(till)).text).not.toContain("tillA-payment-1");
    expect((await reconcile(till, "--all")).text).toContain("tillA-payment-1\tcompleted");
  });

  test.concurrent.for([["--day", "2026-02-30"], ["--day", "today"], ["--week"], ["now"]])(
    "refuses %j",
    async (argv, context) => {
      const till = await openTill(context);
      await expect(reconcile(till, ...argv)).rejects.toMatchObject({ name: "UsageError" });
    },
  );
});
