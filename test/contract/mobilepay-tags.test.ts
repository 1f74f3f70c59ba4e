import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../daemon/log/logger.ts";
import { createMobilePay } from "../../daemon/mobilepay/client.ts";
import { defaultCredentials } from "../../daemon/devkit/simulator/sales-unit.ts";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { html, json, problem, reset, text } from "../support/hostile-platform.ts";
import { type MobilePayRig, startMobilePayRig } from "../support/mobilepay-rig.ts";

const beacon = "123456789012345";

describe("the platform's codes, over HTTP to the simulator", () => {
  let simulator: Simulator;
  const world = realWorld();
  const client = (merchantSerialNumber = defaultCredentials.merchantSerialNumber) =>
    createMobilePay({
      ...defaultCredentials,
      merchantSerialNumber,
      baseUrl: simulator.url,
      systemName: "tillbridge",
      systemVersion: "0.0.0",
      world,
      log: silentLogger,
    });
  beforeEach(async () => {
    simulator = await startSimulator({ world });
  });
  afterEach(() => simulator.close());

  test("a new code is made, found by its id and in the list; made again, only its description changes", async () => {
    const { tags } = client();
    await tags.put("kassa-1", "Kassa 1");
    const made = await tags.get("kassa-1");
    expect(made).toMatchObject({ merchantQrId: "kassa-1", locationDescription: "Kassa 1" });
    expect(made?.qrContent).toMatch(/^https:\/\/qr\.vipps\.no\//);
    await tags.put("kassa-1", "Kassa ved døren");
    expect(await tags.list()).toMatchObject([{ merchantQrId: "kassa-1", locationDescription: "Kassa ved døren" }]);
  });

  test("an old sticker is taken over, as often as one likes", async () => {
    const { tags } = client();
    await tags.mapSticker(beacon, "Kassa 1");
    await tags.mapSticker(beacon, "Kassa 1");
    expect(await tags.get(beacon)).toMatchObject({ merchantQrId: beacon });
  });

  test("a sticker of another shop is taken", async () => {
    simulator.platform.merchantQrs.put("999999", beacon, "Elsewhere");
    await expect(client().tags.mapSticker(beacon, "Kassa 1")).rejects.toMatchObject({ code: "TAG_TAKEN" });
  });

  test("a code that the shop does not have is not there", async () => {
    expect(await client().tags.get("nothing")).toBeUndefined();
    expect(await client().tags.list()).toEqual([]);
  });
});

describe("whatever comes back instead of an answer", () => {
  let rig: MobilePayRig;
  beforeEach(async () => {
    rig = await startMobilePayRig();
  });
  afterEach(() => rig.close());
  const calls = {
    adoptSticker: () => rig.mobilePay.tags.mapSticker(beacon, "Kassa 1"),
    put: () => rig.mobilePay.tags.put("kassa-1", "Kassa 1"),
    get: () => rig.mobilePay.tags.get("kassa-1"),
    list: () => rig.mobilePay.tags.list(),
  };
  const names = Object.keys(calls) as (keyof typeof calls)[];

  test.each([
    ["a broken connection", reset],
    ["a web page", html(200)],
    ["a web page with 404", html(404)],
    ["a web page with 409", html(409)],
    ["a redirect", text(302, "", { location: "/elsewhere" })],
    ["401", problem(401)],
    ["503", problem(503)],
  ])("%s is MOBILEPAY_UNREACHABLE", async (_name, answer) => {
    rig.platform.answer(answer);
    for (const name of names) await expect(calls[name]()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
  });

  test.each([400, 403, 415])("%i is MOBILEPAY_REFUSED", async (status) => {
    rig.platform.answer(problem(status));
    for (const name of names) {
      await expect(calls[name]()).rejects.toMatchObject({ code: "MOBILEPAY_REFUSED", details: { status } });
    }
  });

  test("keys that are not accepted are KEYS_REFUSED", async () => {
    rig.platform.answerToken(problem(401));
    for (const name of names) {
      await expect(calls[name]()).rejects.toMatchObject({
        code: "KEYS_REFUSED",
      });
    }
  });

  test("429 tells how long to wait", async () => {
    rig.platform.answer(problem(429, undefined, { "retry-after": "3" }));
    await expect(calls.put()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE", details: { retryAfterMs: 3000 } });
  });

  test("an id with a slash names nothing else", async () => {
    rig.platform.answer(text(200, ""));
    await rig.mobilePay.tags.put("mobilepay/../x y", "Kassa 1");
    expect(rig.platform.calls()[0]?.path).toBe("/qr/v1/merchant-callback/mobilepay%2F..%2Fx%20y");
  });

  test("a code of another shop, or another code than was asked for, is not believed", async () => {
    const tag = { merchantSerialNumber: "123456", merchantQrId: "kassa-1", qrContent: "https://qr.vipps.no/x" };
    rig.platform.answer(json(200, tag));
    expect(await calls.get()).toMatchObject({ merchantQrId: "kassa-1", locationDescription: "", qrImageUrl: "" });
    for (const wrong of [{ merchantSerialNumber: "654321" }, { merchantQrId: "kassa-2" }, { qrContent: "" }]) {
      rig.platform.answer(json(200, { ...tag, ...wrong }));
      await expect(calls.get()).rejects.toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
    }
  });

  test("one odd entry does not hide the shop's other codes", async () => {
    rig.platform.answer(
      json(200, [{ merchantQrId: "odd" }, 7, { merchantQrId: "kassa-1", qrContent: "https://qr.vipps.no/x" }]),
    );
    expect(await calls.list()).toHaveLength(1);
  });
});
