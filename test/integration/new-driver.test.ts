import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { checkDevices } from "../../daemon/cli/doctor/devices.ts";
import { asMyself } from "../../daemon/cli/doctor/may-use.ts";
import { checkPermissions } from "../../daemon/cli/doctor/permissions.ts";
import { findDevices } from "../../daemon/cli/setup/find-devices.ts";
import { configIn, secretsOf } from "../../daemon/config/config.ts";
import { devicesOf } from "../../daemon/config/devices.ts";
import { readSecret } from "../../daemon/config/secret.ts";
import { settings } from "../../daemon/config/settings.ts";
import { createDevices } from "../../daemon/devices/devices.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import { realWorld } from "../../daemon/world.ts";
import { driverTable } from "../../drivers/registry.ts";
import { drivers } from "../fixtures/driver/drivers.ts";
import { checkout } from "../support/imports.ts";

const rows = { ...settings.entries, devices: devicesOf(drivers) };
const nothingPluggedIn = { hid: async () => [], serialById: "/none", ttys: "/none", usb: "/none" };

function configWith(device: object) {
  const whole = {
    till: { id: "kassa-1", name: "Kassa 1" },
    dataDir: "/data",
    mobilepay: { merchantSerialNumber: "123456", clientId: "a", clientSecret: "b", subscriptionKey: "c" },
    devices: [device],
  };
  return configIn(JSON.stringify(whole), "/etc/till.json", readSecret, rows);
}

test("the configuration takes its settings, with their checks, defaults and secrets", () => {
  const config = configWith({ driver: "network-scanner", host: "192.0.2.7", password: "canary" });
  expect(config.devices).toEqual([{ driver: "network-scanner", host: "192.0.2.7", port: 9100, password: "canary" }]);
  expect(secretsOf(config, rows)).toEqual(["a", "b", "c", "canary"]);
  expect(() => configWith({ driver: "network-scanner", host: "till" })).toThrow(
    "devices[0].host must be an IPv4 address",
  );
  expect(() => configWith({ driver: "printer" })).toThrow(/must be one of serial-scanner, .*, network-scanner$/);
});

test("the doctor asks it about its device", async () => {
  const devices = [{ driver: "network-scanner", host: "192.0.2.7", port: 9100 }];
  expect(await checkDevices(devices, asMyself, drivers)).toEqual([
    { name: "devices[0]", state: "warning", says: expect.stringContaining("192.0.2.7"), hint: "Look yourself." },
  ]);
  const noRules = { udev: [], polkit: [] };
  expect(await checkPermissions(devices, noRules, drivers)).toMatchObject([{ name: "udev", state: "failed" }]);
});

test("a driver whose own files do not load costs the doctor that line alone", async () => {
  const broken = { ...driverTable["nfc-reader"], check: () => Promise.reject(new Error("ERR_DLOPEN_FAILED")) };
  const checks = await checkDevices([{ driver: "nfc-reader" }, { driver: "simulated" }], asMyself, {
    ...drivers,
    "nfc-reader": broken,
  });
  expect(checks).toMatchObject([
    { state: "failed", says: expect.stringContaining("does not load") },
    { state: "warning" },
  ]);
});

test("setup finds what is its, in the settings' words", async () => {
  expect(await findDevices(nothingPluggedIn, drivers)).toEqual({
    devices: [{ name: "Acme 7 (network)", settings: { driver: "network-scanner", host: "127.0.0.1" }, isSure: true }],
    advice: ["One of two scanners is switched off."],
  });
});

test("docs/config.md tells of it", async () => {
  const words = ["scripts/generate-docs.ts", "--config-page-with", "test/fixtures/driver/drivers.ts"];
  const { stdout: page } = await promisify(execFile)(process.execPath, words, { cwd: checkout });
  expect(page).toContain('"driver": "network-scanner",\n');
  expect(page).toContain('"host": "192.0.2.7"');
  expect(page).toContain("| `devices[] network-scanner: port` | a whole number from 1 to 65535 | `9100` |");
});

test("the till reads its device", async () => {
  const scanner = createServer((socket) => socket.end("4006381333931\r\n")).listen(0, "127.0.0.1");
  await once(scanner, "listening");
  const address = scanner.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const told = Promise.withResolvers<BridgeEvent>();
  const devices = createDevices({
    devices: [{ driver: "network-scanner", host: "127.0.0.1", port }],
    drivers,
    world: realWorld(),
    log: silentLogger,
    consumers: {
      pairing: { listening: () => false, takeScan: () => ({ handled: false }) },
      payments: { wantsCustomerQr: () => false, takeCustomerQr: async () => false },
      ownTagId: () => undefined,
    },
    emit: (event) => event.event === "scan.read" && told.resolve(event),
  });
  onTestFinished(async () => {
    await devices.stop();
    scanner.close();
  });
  devices.start();
  expect(await told.promise).toMatchObject({
    params: { deviceId: "network-scanner-1", data: "4006381333931", meaning: "product" },
  });
});
