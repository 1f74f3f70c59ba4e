import { afterEach, describe, expect, test } from "vitest";
import { createMobilePay, type MobilePay } from "../../daemon/mobilepay/client.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { type SimulatorOptions, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { html, json, problem, text } from "../support/hostile-platform.ts";
import { startMobilePayRig } from "../support/mobilepay-rig.ts";

const world = realWorld();
let close: () => Promise<void> = () => Promise.resolve();
afterEach(() => close());

async function start(
  simulated: Partial<SimulatorOptions> = {},
  till: Partial<typeof defaultCredentials> = {},
): Promise<MobilePay> {
  const simulator = await startSimulator({ world, ...simulated });
  const identity = { ...defaultCredentials, ...till, systemName: "tillbridge", systemVersion: "0.0.0" };
  const mobilePay = createMobilePay({ ...identity, baseUrl: simulator.url, world, log: silentLogger });
  close = () => {
    mobilePay.close();
    return simulator.close();
  };
  return mobilePay;
}

async function hostile(...answers: Parameters<Awaited<ReturnType<typeof startMobilePayRig>>["platform"]["answer"]>) {
  const rig = await startMobilePayRig();
  close = () => rig.close();
  rig.platform.answer(...answers);
  return rig;
}

async function states(mobilePay: MobilePay): Promise<Record<string, string>> {
  return Object.fromEntries((await mobilePay.check()).map(({ name, state }) => [name, state]));
}

const allOk = { reachable: "ok", keys: "ok", salesUnit: "ok", pushMessage: "ok", clock: "ok" };

describe("the check of the till's MobilePay settings", () => {
  test("is green when all is well", async () => {
    expect(await states(await start())).toEqual(allOk);
  });

  test("warns when payment requests may not be sent to a phone", async () => {
    expect(await states(await start({ features: { pushMessage: false } }))).toEqual({
      ...allOk,
      pushMessage: "warning",
    });
  });

  test("finds wrong keys", async () => {
    const expected = {
      reachable: "ok",
      keys: "failed",
      salesUnit: "unknown",
      pushMessage: "unknown",
      clock: "ok",
    };
    expect(await states(await start({}, { clientSecret: "wrong" }))).toEqual(expected);
  });

  test("finds that nobody answers", async () => {
    const mobilePay = await start();
    await close();
    const expected = {
      reachable: "failed",
      keys: "unknown",
      salesUnit: "unknown",
      pushMessage: "unknown",
      clock: "unknown",
    };
    expect(await states(mobilePay)).toEqual(expected);
    close = () => Promise.resolve();
  });

  test("finds that something else answers", async () => {
    const rig = await hostile(html(200));
    rig.platform.answerToken(html(200));
    expect(await states(rig.mobilePay)).toMatchObject({ reachable: "failed" });
  });

  test("does without the management API, which the test environment lacks", async () => {
    const rig = await hostile(problem(404), problem(404, 5090));
    expect(await states(rig.mobilePay)).toMatchObject({ keys: "ok", salesUnit: "ok", pushMessage: "unknown" });
  });

  test("finds a sales unit that the payment API does not answer for", async () => {
    for (const answer of [problem(403), problem(401), problem(400)]) {
      const rig = await hostile(problem(404), answer);
      expect(await states(rig.mobilePay)).toMatchObject({ salesUnit: "failed" });
      await close();
    }
    close = () => Promise.resolve();
  });

  test("finds a sales unit that may not take payments", async () => {
    const rig = await hostile(json(200, { msn: "123456", configuration: { paymentAllowed: false } }));
    expect(await states(rig.mobilePay)).toMatchObject({ salesUnit: "failed" });
  });

  test("finds a clock that is wrong", async () => {
    const date = new Date(world.now() - 3_600_000).toUTCString();
    const rig = await hostile(problem(404, 5090, { date }));
    expect(await states(rig.mobilePay)).toMatchObject({ clock: "warning" });
    expect(rig.mobilePay.health().clockSkewSeconds).toBeGreaterThan(3590);
  });

  test("asks only, and tells what to do about each line that is not green", async () => {
    const rig = await hostile(problem(404), text(403, ""));
    for (const { state, hint } of await rig.mobilePay.check()) {
      if (state === "failed" || state === "warning") expect(hint).toMatch(/^[A-Z].+\.$/);
    }
    expect(new Set(rig.platform.calls().map(({ method }) => method))).toEqual(new Set(["GET"]));
  });
});

test("a client for an address in the open is not made", () => {
  const identity = { ...defaultCredentials, systemName: "tillbridge", systemVersion: "0.0.0" };
  const make = () => createMobilePay({ ...identity, baseUrl: "http://api.vipps.no", world, log: silentLogger });
  expect(make).toThrow(/^mobilepay\.baseUrl/);
});
