import { describe, expect, test } from "vitest";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { type DeviceConnection, DeviceFailed, DeviceLost, type DeviceRead } from "../../drivers/driver.ts";
import type { HidDevice } from "../../drivers/hid-device.ts";
import { hidScanner } from "../../drivers/hid-scanner/hid-scanner.ts";
import type { HidScannerConfig } from "../../drivers/hid-scanner/settings.ts";
import { FakeHid, posReports, posScanner } from "../support/fake-hid.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const keyboard: HidDevice = {
  ...posScanner,
  path: "/dev/hidraw-keyboard",
  product: "Keyboard",
  usagePage: 0x01,
  usage: 0x06,
};
const second: HidDevice = { ...posScanner, path: "/dev/hidraw-second", serialNumber: "S/N 2" };
const third: HidDevice = { ...posScanner, path: "/dev/hidraw-third", serialNumber: "S/N 3", productId: 0x1234 };
const never = () => new AbortController().signal;

function rig(devices?: readonly HidDevice[], config: HidScannerConfig = {}) {
  const world = new SteadyWorld();
  const port = new FakeHid(devices);
  const claims = createDeviceAssignments();
  const driver = (more: HidScannerConfig = config) => hidScanner(more, world, claims, port);
  return { world, port, driver };
}

async function next(connection: DeviceConnection): Promise<DeviceRead | undefined> {
  const { value } = await connection.reads()[Symbol.asyncIterator]().next();
  return value as DeviceRead | undefined;
}

describe("what is opened", () => {
  test.each<[string, readonly HidDevice[]]>([
    ["a keyboard", [keyboard]],
    ["a keypad", [{ ...keyboard, usage: 0x07 }]],
    ["a mouse", [{ ...keyboard, usage: 0x02 }]],
    ["a scale", [{ ...posScanner, usagePage: 0x8d, usage: 0x20 }]],
    ["something of a scanner that is no scanner", [{ ...posScanner, usage: 0x05 }]],
    ["what does not say what it is", [{ ...posScanner, usagePage: undefined, usage: undefined }]],
    ["a scanner at whose path a keyboard is as well", [posScanner, { ...keyboard, path: posScanner.path }]],
    ["a keyboard at whose path a scanner is as well", [{ ...keyboard, path: posScanner.path }, posScanner]],
  ])("is never %s", async (_, devices) => {
    const { port, driver } = rig(devices);
    await expect(driver().open(never())).rejects.toThrow(Error);
    expect(port.opened).toEqual([]);
  });

  test("is the scanner beside a keyboard, and what is typed on that is not heard", async () => {
    const { port, driver } = rig([keyboard, posScanner]);
    const connection = await driver().open(never());
    expect(port.opened).toEqual([posScanner.path]);
    port.report(Buffer.from([0, 0, 4, 0, 0, 0, 0, 0]), keyboard.path);
    port.scan("4006381333931", "]E0");
    expect(await next(connection)).toMatchObject({ data: "4006381333931" });
  });

  test("is the one that the settings name", async () => {
    const all = [posScanner, second, third];
    for (const [config, path] of [
      [{ usb: "05F9:1234" }, third.path],
      [{ serialNumber: "S/N 2" }, second.path],
      [{ usb: "05f9:4204", serialNumber: "S/N 1" }, posScanner.path],
    ] as const) {
      const { port, driver } = rig(all, config);
      await driver().open(never());
      expect(port.opened).toEqual([path]);
    }
    const { driver } = rig(all, { usb: "05f9:1234", serialNumber: "S/N 1" });
    await expect(driver().open(never())).rejects.toThrow("not plugged in");
  });
});

describe("a scanner in keyboard mode", () => {
  test.each([
    ["Honeywell", 0x0c2e, "PAP131"],
    ["Zebra", 0x05e0, "USB HID POS"],
    ["Datalogic", 0x05f9, "serial-scanner"],
    ["Newland", 0x1eab, "HID-POS"],
    ["Opticon", 0x065a, "serial-scanner"],
  ])("of %s is not opened, and it is said what switches it", async (maker, vendorId, words) => {
    const { port, driver } = rig([{ ...keyboard, vendorId }]);
    const error: unknown = await driver()
      .open(never())
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceFailed);
    expect(String(error)).toContain(`the ${maker} scanner is in keyboard mode`);
    expect(String(error)).toContain(words);
    expect(String(error)).not.toMatch(/[\\/]/);
    expect(port.opened).toEqual([]);
  });

  test("is noticed when it has been switched", async () => {
    const { port, driver, world } = rig([{ ...keyboard, vendorId: 0x0c2e }]);
    const scanner = driver();
    await expect(scanner.open(never())).rejects.toThrow("keyboard mode");
    const arrived = scanner.arrival?.(never());
    port.plug();
    await world.pass(3000);
    await arrived;
    await scanner.open(never());
  });
});

describe("two scanners", () => {
  test("are two devices, and neither is read twice", async () => {
    const { port, driver } = rig([posScanner, second]);
    const [one, other] = [await driver().open(never()), await driver().open(never())];
    expect([one.identity, other.identity]).toEqual(["usb 05f9:4204 S/N 1", "usb 05f9:4204 S/N 2"]);
    port.scan("from one", "]Q1");
    port.scan("from other", "]Q1", second.path);
    expect(await next(one)).toMatchObject({ data: "from one" });
    expect(await next(other)).toMatchObject({ data: "from other" });
    await expect(driver().open(never())).rejects.toThrow("not plugged in");
  });

  test("stay who they were when both are pulled and come back in the other order, at other paths", async () => {
    const { port, driver } = rig([posScanner, second]);
    const drivers = [driver(), driver()] as const;
    const before = [await drivers[0].open(never()), await drivers[1].open(never())];
    port.unplug(posScanner.path);
    port.unplug(second.path);
    for (const connection of before) await connection.close();

    port.plug([{ ...second, path: posScanner.path }]);
    await expect(drivers[0].open(never())).rejects.toThrow("not plugged in");
    expect((await drivers[1].open(never())).identity).toBe("usb 05f9:4204 S/N 2");
    port.plug([
      { ...second, path: posScanner.path },
      { ...posScanner, path: second.path },
    ]);
    expect((await drivers[0].open(never())).identity).toBe("usb 05f9:4204 S/N 1");
  });

  test("that say the same serial number are two, before and after both were pulled", async () => {
    const twins = [posScanner, { ...second, serialNumber: posScanner.serialNumber }];
    const { port, driver } = rig([posScanner]);
    const drivers = [driver(), driver()] as const;
    const [one, none] = [await drivers[0].open(never()), drivers[1].open(never())];
    await expect(none).rejects.toThrow("not plugged in");
    port.plug(twins);
    const other = await drivers[1].open(never());
    port.scan("from other", "]Q1", second.path);
    expect(await next(other)).toMatchObject({ data: "from other" });
    for (const { path } of twins) port.unplug(path);
    for (const connection of [one, other]) await connection.close();
    port.plug(twins);
    port.opened.length = 0;
    await Promise.all([drivers[0].open(never()), drivers[1].open(never())]);
    expect(port.opened.toSorted()).toEqual([posScanner.path, second.path].toSorted());
  });

  test("of which one is replaced by a new one still are two", async () => {
    const { port, driver } = rig([posScanner, second]);
    const drivers = [driver(), driver()] as const;
    const first = await drivers[0].open(never());
    await drivers[1].open(never());
    port.unplug(posScanner.path);
    await first.close();
    port.plug([second, third]);
    expect((await drivers[0].open(never())).identity).toBe("usb 05f9:1234 S/N 3");
  });
});

describe("a scanner", () => {
  test("without a serial number is known by where it is", async () => {
    const { driver } = rig([{ ...posScanner, serialNumber: "" }]);
    expect((await driver().open(never())).identity).toBe(`usb 05f9:4204 at ${posScanner.path}`);
  });

  test.each([
    ["Datalogic", "Gryphon", "Datalogic Gryphon"],
    ["Honeywell", "Honeywell 1950g", "Honeywell 1950g"],
    [undefined, "Scanner", "Scanner"],
    [" ", undefined, "USB scanner"],
  ])("of %j called %j is %j to people", async (manufacturer, product, name) => {
    const { driver } = rig([{ ...posScanner, manufacturer, product }]);
    expect((await driver().open(never())).name).toBe(name);
  });

  test("of Honeywell's is told that somebody listens, and works if it does not know the word", async () => {
    const { port, driver } = rig([{ ...posScanner, vendorId: 0x0c2e }]);
    const connection = await driver().open(never());
    expect(port.sent).toEqual(["fe01"]);
    port.scan("1");
    expect(await next(connection)).toMatchObject({ data: "1" });
  });

  test("that may not be used says what to do, in words without a path", async () => {
    const { port, driver } = rig();
    port.refusal = "Failed to open a device with path '/dev/hidraw0': Permission denied";
    const error: unknown = await driver()
      .open(never())
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceFailed);
    expect(String(error)).toContain("doctor");
    expect(String(error)).not.toContain("/");
  });

  test("that could not be opened is free for the next try", async () => {
    const { port, driver } = rig();
    port.refusal = "busy";
    await expect(driver().open(never())).rejects.toThrow(DeviceLost);
    port.refusal = undefined;
    await driver().open(never());
  });

  test("whose label does not come to its end says so after a while", async () => {
    const { port, driver, world } = rig();
    const connection = await driver().open(never());
    const [half = Buffer.alloc(0)] = posReports("x".repeat(100), "]Q1");
    port.report(half);
    const read = next(connection);
    await world.pass(2500);
    expect(await read).toEqual({ kind: "failed", detail: expect.stringContaining("half a label") });
    await connection.close();
    expect(world.sleeping).toBe(0);
  });

  test("that reads faster than anybody takes is lost, and all that came before is delivered", async () => {
    const { port, driver } = rig();
    const connection = await driver().open(never());
    for (let count = 0; count < 300; count += 1) port.scan(`label ${count}`);
    const taken: DeviceRead[] = [];
    const reading = (async () => {
      for await (const read of connection.reads()) taken.push(read);
    })();
    await expect(reading).rejects.toThrow("faster");
    expect(taken).toHaveLength(256);
    expect(port.openHandles).toBe(0);
  });
});
