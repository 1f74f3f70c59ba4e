import { describe, expect, test } from "vitest";
import { loadConfig } from "../../daemon/config/config.ts";
import { posScanner } from "../support/fake-hid.ts";
import { SetupRig } from "../support/setup-rig.ts";

describe("the devices that are plugged in", () => {
  test("are found and named; what is not sure is left to a person", async () => {
    const rig = await SetupRig.make();
    rig.hid = [posScanner];
    const port = await rig.plugSerial("usb-Honeywell_1950g-if00", "0c2e");
    await rig.plugSerial("usb-Arduino_Uno-if00", "2341");
    await rig.plugReader("1-3", "ACR122U PICC Interface");
    const { stdout } = await rig.setup(["--from", await rig.provision()]);
    expect(loadConfig(rig.settingsFile).devices).toMatchObject([
      { driver: "hid-scanner" },
      { driver: "serial-scanner", path: port },
      { driver: "nfc-reader" },
    ]);
    expect(stdout.join("\n")).toContain("Takes: Honeywell 1950g (serial port)");
    expect(stdout.join("\n")).toContain("Leaves alone: Arduino Uno (serial port); to use it, put");
  });

  test("two of a kind are told apart, and a card reader with a slot alone is not taken", async () => {
    const rig = await SetupRig.make();
    const other = { ...posScanner, path: "/dev/hidraw9", serialNumber: "S2" };
    rig.hid = [{ ...posScanner, serialNumber: "S1" }, other];
    await rig.plugReader("1-3", "ACR39U ICC Reader");
    await rig.setup(["--from", await rig.provision()]);
    expect(loadConfig(rig.settingsFile).devices).toMatchObject([
      { driver: "hid-scanner", serialNumber: "S1" },
      { driver: "hid-scanner", serialNumber: "S2" },
    ]);
  });

  test("a scanner that types is told how to be switched", async () => {
    const rig = await SetupRig.make();
    rig.hid = [{ ...posScanner, vendorId: 0x0c2e, usagePage: 0x01, usage: 0x06 }];
    const { stdout } = await rig.setup(["--from", await rig.provision()]);
    expect(stdout.join("\n")).toMatch(/not taken: the Honeywell scanner is in keyboard mode.*PAP131/);
  });

  test("that are set stay as they are until it is asked to look again", async () => {
    const rig = await SetupRig.make();
    await rig.setup(["--from", await rig.provision()]);
    rig.hid = [posScanner];
    await rig.setup(["--till-name", "Kassa ett"]);
    expect(loadConfig(rig.settingsFile).devices).toEqual([]);
    await rig.setup(["--devices", "find"]);
    expect(loadConfig(rig.settingsFile).devices).toMatchObject([{ driver: "hid-scanner" }]);
    await rig.setup(["--devices", "none"]);
    expect(loadConfig(rig.settingsFile).devices).toEqual([]);
  });
});
