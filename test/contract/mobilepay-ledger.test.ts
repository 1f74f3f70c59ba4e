import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createMobilePay, type MobilePay } from "../../daemon/mobilepay/client.ts";
import { defaultCredentials, type Features } from "../../daemon/devkit/simulator/sales-unit.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { html, json, reset } from "../support/hostile-platform.ts";
import { type MobilePayRig, startMobilePayRig } from "../support/mobilepay-rig.ts";

const dkk = (value: number) => ({ currency: "DKK" as const, value });

describe("MobilePay's report of a day, over HTTP to the simulator", () => {
  let simulator: Simulator;
  let mobilePay: MobilePay;
  const today = () => new Date().toLocaleDateString("sv-SE", { timeZone: "Europe/Copenhagen" });

  async function start(features: Partial<Features> = {}): Promise<void> {
    const world = realWorld();
    simulator = await startSimulator({ world, features });
    const identity = { ...defaultCredentials, systemName: "tillbridge", systemVersion: "0.0.0" };
    mobilePay = createMobilePay({ ...identity, baseUrl: simulator.url, world, log: silentLogger });
  }

  async function sell(reference: string, refunded = 0): Promise<void> {
    const { gateway } = mobilePay;
    const customer = { by: "phone", phoneNumber: "4500000001" } as const;
    const body = gateway.createBody({ reference, amount: dkk(4990), customer });
    await gateway.create({ reference, key: `${reference}-n`, body });
    simulator.platform.phone.approve(reference);
    await gateway.capture({ reference, key: `${reference}-c1`, body: gateway.amountBody(dkk(4990)) });
    if (refunded > 0)
      await gateway.refund({ reference, key: `${reference}-r1`, body: gateway.amountBody(dkk(refunded)) });
  }

  afterEach(() => simulator.close());

  test("holds captures and refunds, by reference, and is not complete while the day lasts", async () => {
    await start();
    await sell("tillA-sale-0001", 990);
    const named = { reference: "tillA-sale-0001", date: today() };
    const day = await mobilePay.ledger.day(today());
    expect(day).toMatchObject({
      kind: "ok",
      complete: false,
      entries: [
        { ...named, moved: "captured", amount: 4990 },
        { ...named, moved: "refunded", amount: 990 },
      ],
      others: [],
      unreadable: 0,
    });
    const moves = day.kind === "ok" ? day.entries.map(({ reference: _reference, date: _date, ...move }) => move) : [];
    expect(await mobilePay.ledger.moves("tillA-sale-0001")).toEqual({ kind: "ok", moves });
  });

  test("tells what a payment took and gave back: nothing of one that is not there, or was only asked for", async () => {
    await start();
    expect(await mobilePay.ledger.moves("tillA-sale-0001")).toEqual({ kind: "notFound" });
    const { gateway } = mobilePay;
    const customer = { by: "phone", phoneNumber: "4500000001" } as const;
    const body = gateway.createBody({ reference: "tillA-sale-0001", amount: dkk(4990), customer });
    await gateway.create({ reference: "tillA-sale-0001", key: "key-1", body });
    expect(await mobilePay.ledger.moves("tillA-sale-0001")).toEqual({ kind: "ok", moves: [] });
    simulator.faults.plan({ operation: "events", fault: { kind: "html" } });
    expect(await mobilePay.ledger.moves("tillA-sale-0001")).toEqual({ kind: "unknown" });
  });

  test("holds what is no sale under MobilePay's own words, signed, whatever the word", async () => {
    await start();
    simulator.platform.ledger.book({ entryType: "retained-disputed-capture", amount: -500, reference: "tillA-1" });
    simulator.platform.ledger.book({ entryType: "never-heard-of", amount: 1 });
    expect(await mobilePay.ledger.day(today())).toMatchObject({
      entries: [],
      others: [
        { entryType: "retained-disputed-capture", amount: -500, reference: "tillA-1" },
        { entryType: "never-heard-of", amount: 1 },
      ],
    });
  });

  test("is read to its last page", async () => {
    await start();
    for (let number = 1000; number < 1130; number += 1) await sell(`tillA-sale-${number}`);
    const day = await mobilePay.ledger.day(today());
    expect(day.kind === "ok" && day.entries.length).toBe(130);
  });

  test("of a day that is over is complete, and of one to come is not there yet", async () => {
    await start();
    const date = today();
    simulator.clock.advance(86_400_000);
    expect(await mobilePay.ledger.day(date)).toMatchObject({ kind: "ok", complete: true, entries: [] });
    expect(await mobilePay.ledger.day("2999-01-01")).toEqual({ kind: "notYet" });
  });

  test("is not for keys that may only take payments", async () => {
    await start({ reports: false });
    expect(await mobilePay.ledger.day(today())).toEqual({ kind: "notAllowed" });
    await sell("tillA-sale-0001");
  });
});

describe("a report that makes no sense", () => {
  let rig: MobilePayRig;
  const ledgers = json(200, { items: [{ ledgerId: "1", settlesForRecipientHandles: ["api:123456"] }] });
  const entry = {
    entryType: "capture",
    reference: "tillA-1",
    currency: "DKK",
    amount: 1,
    time: "2026-11-23T10:00:00.000000Z",
    ledgerDate: "2026-11-23",
    recipientHandle: "api:123456",
  };

  beforeEach(async () => {
    rig = await startMobilePayRig({ merchantSerialNumber: "123456" });
  });
  afterEach(() => rig.close());

  test.each([
    ["no answer", reset],
    ["a web page", html(200)],
    ["a page without its items", json(200, { hasMore: false })],
    ["more to come and no cursor", json(200, { hasMore: true, items: [] })],
    ["a busy platform", json(503, {})],
  ])("teaches nothing: %s", async (_what, answer) => {
    rig.platform.answer(ledgers, answer);
    expect(await rig.mobilePay.ledger.day("2026-11-23")).toEqual({ kind: "unknown" });
  });

  test("that never ends is given up", async () => {
    rig.platform.answer(ledgers, json(200, { hasMore: true, cursor: "again", items: [] }));
    expect(await rig.mobilePay.ledger.day("2026-11-23")).toEqual({ kind: "unknown" });
    expect(rig.platform.calls().length).toBeLessThanOrEqual(201);
  });

  test("loses only the entries that are none of ours, and counts those that make no sense", async () => {
    const items = [entry, { ...entry, recipientHandle: "api:999999" }, { ...entry, amount: 0.5 }, "?"];
    rig.platform.answer(ledgers, json(200, { items }));
    expect(await rig.mobilePay.ledger.day("2026-11-23")).toMatchObject({
      complete: true,
      entries: [{ reference: "tillA-1", amount: 1 }],
      unreadable: 2,
    });
  });

  test("of a sales unit without a ledger of its own is not asked for", async () => {
    rig.platform.answer(json(200, { items: [] }));
    expect(await rig.mobilePay.ledger.day("2026-11-23")).toEqual({ kind: "notAllowed" });
  });
});
