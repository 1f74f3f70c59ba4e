import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createMobilePay, type MobilePay } from "../../daemon/mobilepay/client.ts";
import { checkInEvent, paymentEvents } from "../../daemon/mobilepay/webhooks.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { html, json, problem, reset, text } from "../support/hostile-platform.ts";
import { type MobilePayRig, startMobilePayRig } from "../support/mobilepay-rig.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const url = "https://till.example.com/mobilepay";

describe("the platform's webhooks, over HTTP to the simulator", () => {
  let simulator: Simulator;
  let mobilePay: MobilePay;
  beforeEach(async () => {
    const world = realWorld();
    simulator = await startSimulator({ world });
    const us = { systemName: "tillbridge", systemVersion: "0.0.0" };
    mobilePay = createMobilePay({ ...defaultCredentials, ...us, baseUrl: simulator.url, world, log: silentLogger });
  });
  afterEach(async () => {
    mobilePay.close();
    await simulator.close();
  });

  test("are registered, listed without their secret, and removed as often as one likes", async () => {
    const { webhooks } = mobilePay;
    const made = await webhooks.register(url, paymentEvents);
    expect(made).toEqual({ id: expect.any(String), secret: expect.any(String) });
    expect(await webhooks.list()).toEqual([{ id: made.id, url, events: paymentEvents }]);
    await webhooks.remove(made.id);
    await webhooks.remove(made.id);
    expect(await webhooks.list()).toEqual([]);
  });

  test("for check-ins there is one at a time", async () => {
    await mobilePay.webhooks.register(url, [checkInEvent]);
    const second = mobilePay.webhooks.register(url, [checkInEvent]);
    await expect(second).rejects.toMatchObject({ code: "MOBILEPAY_REFUSED" });
  });
});

describe("whatever comes back instead of an answer", () => {
  let rig: MobilePayRig;
  beforeEach(async () => {
    rig = await startMobilePayRig();
  });
  afterEach(() => rig.close());
  const calls = {
    register: () => rig.mobilePay.webhooks.register(url, [checkInEvent]),
    list: () => rig.mobilePay.webhooks.list(),
    remove: () => rig.mobilePay.webhooks.remove("a/b"),
  };
  const names = Object.keys(calls) as (keyof typeof calls)[];

  test.each([
    ["a broken connection", reset],
    ["a web page", html(200)],
    ["a web page with 404", html(404)],
    ["a redirect", text(302, "", { location: "/elsewhere" })],
    ["401", problem(401)],
    ["503", problem(503)],
  ])("%s is MOBILEPAY_UNREACHABLE", async (_name, answer) => {
    rig.platform.answer(answer);
    for (const name of names) await expect(calls[name]()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
  });

  test("a success that makes no sense is not believed", async () => {
    rig.platform.answer(json(200, { webhooks: [{ id: 7 }] }));
    await expect(calls.list()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
    rig.platform.answer(json(201, { id: "only-an-id" }));
    await expect(calls.register()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
  });

  test("an id with a slash names nothing else", async () => {
    rig.platform.answer(text(204, ""));
    await calls.remove();
    expect(rig.platform.calls()[0]).toMatchObject({ method: "DELETE", path: "/webhooks/v1/webhooks/a%2Fb" });
  });

  test("no secret is logged", async () => {
    rig.platform.answer(json(201, { id: "1", secret: "canary-secret-of-a-webhook", odd: true }));
    await calls.register();
    expect(JSON.stringify(rig.records)).not.toContain("canary-secret");
  });
});

describe("MobilePay's time", () => {
  const answerAt = (ms: number) => problem(400, undefined, { date: new Date(ms).toUTCString() });

  test("is learnt by asking, at most once in two seconds, and goes on whatever is done to the till's clock", async () => {
    const world = new SteadyWorld();
    const rig = await startMobilePayRig({ world });
    const { platform, mobilePay } = rig;
    const theirs = world.now() + 3_600_000;
    platform.answerToken(answerAt(theirs));
    expect(mobilePay.timeNow()).toBeUndefined();
    await Promise.all([mobilePay.learnTime(), mobilePay.learnTime()]);
    expect(platform.tokenCalls()).toHaveLength(1);
    world.wallOffMs -= 86_400_000;
    await world.pass(1000);
    expect(Math.abs((mobilePay.timeNow() ?? 0) - theirs - 1000)).toBeLessThanOrEqual(1500);
    await mobilePay.learnTime();
    expect(platform.tokenCalls()).toHaveLength(1);
    await world.pass(1000);
    await mobilePay.learnTime();
    expect(platform.tokenCalls()).toHaveLength(2);
    await rig.close();
  });

  test("stays unknown, and nothing breaks, when MobilePay is silent", async () => {
    const rig = await startMobilePayRig();
    rig.platform.answerToken(reset);
    await rig.mobilePay.learnTime();
    expect(rig.mobilePay.timeNow()).toBeUndefined();
    await rig.close();
  });
});
