import { afterEach, expect, test } from "vitest";
import { createDevices } from "../../daemon/devices/devices.ts";
import type { ReadConsumers } from "../../daemon/devices/handle-read.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { type BridgeEvent, eventTable } from "../../daemon/protocol/events.ts";
import { deviceView } from "../../daemon/protocol/values.ts";
import { DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";
import { driverTable } from "../../drivers/registry.ts";
import { FakeDriver } from "../support/fake-driver.ts";
import { SteadyWorld } from "../support/steady-world.ts";
import { settled } from "../support/virtual-world.ts";

const customersCode = "https://qr.vipps.no/p/token";
const sticker = "mobilepaypos://pos?id=123456789012345&source=qr";
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function rig(drivers: (FakeDriver | Error)[] = [new FakeDriver()]) {
  const world = new SteadyWorld();
  const events: BridgeEvent[] = [];
  const now = { pairing: false, paying: false, taken: [] as string[], takes: async () => true };
  const consumers: ReadConsumers = {
    pairing: {
      listening: () => now.pairing,
      takeScan(content, source) {
        now.taken.push(`pairing ${source} ${content}`);
        return { handled: true };
      },
    },
    payments: {
      wantsCustomerQr: () => now.paying,
      takeCustomerQr(content) {
        now.taken.push(`payment ${content}`);
        return now.takes();
      },
    },
    ownTagId: () => undefined,
  };
  const configs = drivers.map(() => ({ driver: "serial-scanner", path: "/dev/x", baudRate: 9600 }));
  const load = (config: object): Promise<Driver> => {
    const driver = drivers[configs.findIndex((it) => it === config)];
    return driver instanceof FakeDriver ? Promise.resolve(driver) : Promise.reject(driver ?? new Error("none"));
  };
  const devices = createDevices({
    devices: configs,
    world,
    log: silentLogger,
    consumers,
    emit: (event) => {
      eventTable[event.event].params.parse(event.params);
      events.push(structuredClone(event));
    },
    drivers: { "serial-scanner": { ...driverTable["serial-scanner"], load } },
  });
  ends.push(async () => {
    const stopping = devices.stop();
    await world.pass(20_000);
    await stopping;
  });
  devices.start();
  await settled();
  const reads = () =>
    events.filter(({ event }) => event === "scan.read" || event === "nfc.read").map(({ params }) => params);
  return { world, devices, events, now, reads };
}

const scan = (data: string): DeviceRead => ({ kind: "scan", data });

test("each device is listed with its state, its name and its figures, and each change is told", async () => {
  const driver = new FakeDriver();
  const { devices, events, world } = await rig([driver]);
  driver.read(scan("4006381333931"), { kind: "failed", detail: "noise" });
  await settled();
  driver.lose();
  await world.pass(0);
  expect(devices.list().map((device) => deviceView.parse(device))).toEqual([
    {
      deviceId: "serial-scanner-1",
      kind: "scanner",
      driver: "serial-scanner",
      name: "Fake 1",
      state: "lost",
      detail: "unplugged",
      lastSeenAt: "2026-11-23T10:00:00.000Z",
      statistics: { reads: 1, errors: 1, losses: 1 },
    },
  ]);
  const told = events.filter(({ event }) => event === "device.changed").map(({ params }) => params);
  expect(told).toMatchObject([
    { device: { state: "ready" } },
    { device: { state: "ready", detail: "last read failed: noise" } },
    { device: { state: "lost", detail: "unplugged" } },
  ]);
});

test("a good read ends the complaint about a bad one", async () => {
  const driver = new FakeDriver();
  const { devices } = await rig([driver]);
  driver.read({ kind: "failed", detail: "noise" }, scan("1"));
  await settled();
  expect(devices.list()[0]).not.toHaveProperty("detail");
});

test("a device that stays away is not told of again and again", async () => {
  const driver = new FakeDriver();
  driver.refusal = new DeviceLost("not plugged in");
  const { events, world } = await rig([driver]);
  await world.pass(60_000);
  expect(driver.opens).toBeGreaterThan(10);
  expect(events).toHaveLength(1);
});

test("a device whose driver is broken harms only itself", async () => {
  const good = new FakeDriver();
  const { devices, reads, world } = await rig([new DeviceFailed("no driver"), good]);
  good.read(scan("1"));
  await world.pass(10_000);
  expect(devices.list().map(({ deviceId, state }) => [deviceId, state])).toEqual([
    ["serial-scanner-1", "failed"],
    ["serial-scanner-2", "ready"],
  ]);
  expect(reads()).toHaveLength(1);
});

test("the page is told of every read in order, with what it means and who took it", async () => {
  const driver = new FakeDriver();
  const { now, reads } = await rig([driver]);
  driver.read({ kind: "scan", data: "4006381333931", symbology: "ean13", aim: "]E0" }, scan(customersCode));
  await settled();
  now.paying = true;
  driver.read(scan(customersCode));
  await settled();
  now.paying = false;
  now.pairing = true;
  driver.read(scan(sticker), { kind: "tap", uid: "04a1", atr: "3b80", records: [{ type: "uri", value: sticker }] });
  await settled();
  expect(reads()).toEqual([
    { deviceId: "serial-scanner-1", data: "4006381333931", symbology: "ean13", aim: "]E0", meaning: "product" },
    { deviceId: "serial-scanner-1", data: customersCode, meaning: "customerQr" },
    { deviceId: "serial-scanner-1", data: customersCode, meaning: "customerQr", handledBy: "payment", repeated: true },
    { deviceId: "serial-scanner-1", data: sticker, meaning: "tillTag", handledBy: "pairing" },
    {
      deviceId: "serial-scanner-1",
      uid: "04a1",
      atr: "3b80",
      records: [{ type: "uri", value: sticker }],
      meaning: "tillTag",
      handledBy: "pairing",
    },
  ]);
  expect(now.taken).toEqual([`payment ${customersCode}`, `pairing scanner ${sticker}`, `pairing nfc ${sticker}`]);
});

test("a code that the payment did not take after all goes to the page, and is still no product", async () => {
  const driver = new FakeDriver();
  const { now, reads } = await rig([driver]);
  now.paying = true;
  now.takes = async () => false;
  driver.read(scan(customersCode));
  await settled();
  expect(reads()).toEqual([{ deviceId: "serial-scanner-1", data: customersCode, meaning: "customerQr" }]);
});

test("a payment that cannot take the code is no fault of the scanner, and the next scan is read", async () => {
  const driver = new FakeDriver();
  const { now, reads, devices } = await rig([driver]);
  now.paying = true;
  now.takes = () => Promise.reject(new Error("journal"));
  driver.read(scan(customersCode), scan("4006381333931"));
  await settled();
  expect(devices.list()[0]?.state).toBe("ready");
  expect(reads()).toMatchObject([{ data: customersCode, meaning: "customerQr" }, { meaning: "product" }]);
});
