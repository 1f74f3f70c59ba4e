import { expect, test } from "vitest";
import { wedgeScanners } from "../../daemon/devices/wedge-scanners.ts";
import { posScanner } from "../support/fake-hid.ts";

const types = { ...posScanner, usagePage: 0x01, usage: 0x06 };

test("makers whose scanners type here are named once, those in their right mode and ordinary keyboards are not", async () => {
  const devices = [
    types,
    { ...types, path: "/dev/another" },
    { ...posScanner, vendorId: 0x0c2e },
    { ...types, vendorId: 0x046d },
  ];
  expect((await wedgeScanners(async () => devices)).typing).toEqual(["Datalogic"]);
});

test("what switches them is told even where the system does not show its devices", async () => {
  const { typing, makers } = await wedgeScanners(() => Promise.reject(new Error("no USB")));
  expect(typing).toEqual([]);
  expect(makers.map(({ maker }) => maker)).toEqual(["Honeywell", "Zebra", "Datalogic", "Newland", "Opticon"]);
  expect(makers.filter(({ drawn }) => drawn !== undefined)).toMatchObject([{ maker: "Datalogic", mode: "USB-COM" }]);
});
