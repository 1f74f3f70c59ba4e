import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { asMyself } from "../../daemon/cli/doctor/may-use.ts";
import type { HidDevice } from "../../drivers/hid-device.ts";
import { checkHidScanner } from "../../drivers/hid-scanner/check.ts";
import { checkNfcReader } from "../../drivers/nfc-reader/check.ts";
import { serviceRuns, type ServiceState, untilAway } from "../../drivers/nfc-reader/smart-card-service.ts";
import { posScanner } from "../support/fake-hid.ts";

const leftovers: string[] = [];
afterEach(async () => {
  for (const folder of leftovers.splice(0)) await rm(folder, { recursive: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "tillbridge-doctor-"));
  leftovers.push(made);
  return made;
}

describe("the doctor, about an NFC reader", () => {
  test("finds that Linux's own driver has it, and says how to get it back", async () => {
    const usbDrivers = await folder();
    await mkdir(join(usbDrivers, "pn533_usb", "1-1.2:1.0"), { recursive: true });
    const check = await checkNfcReader({}, usbDrivers);
    expect(check).toMatchObject({ state: "failed", says: expect.stringContaining("pn533_usb has taken the reader") });
    expect(check.hint).toContain("blacklist pn533_usb\\nblacklist pn533\\n");
  });

  test("does not blame a driver that is loaded and has nothing", async () => {
    const usbDrivers = await folder();
    await mkdir(join(usbDrivers, "pn533_usb"), { recursive: true });
    await writeFile(join(usbDrivers, "pn533_usb", "new_id"), "");
    const socket = join(usbDrivers, "no-such.comm");
    expect(await checkNfcReader({ socket }, usbDrivers)).toMatchObject({
      state: "failed",
      says: "The smart-card service does not run.",
      hint: expect.stringContaining("pcscd"),
    });
  });
});

describe("the doctor, about a USB scanner", () => {
  const about = (devices: readonly HidDevice[]) => checkHidScanner({}, asMyself, async () => devices);

  test("tells a scanner that types what switches it", async () => {
    const typing = { ...posScanner, vendorId: 0x0c2e, usagePage: 0x01, usage: 0x06 };
    expect(await about([typing])).toMatchObject({
      state: "failed",
      says: expect.stringMatching(/^The Honeywell scanner is in keyboard mode.*PAP131/),
      hint: expect.stringContaining("Source: "),
    });
  });

  test("says that there is none, that it may not be used, or that all is well", async () => {
    expect(await about([])).toMatchObject({ state: "failed", says: expect.stringContaining("No scanner") });
    const away = { ...posScanner, path: "/dev/no-such-node" };
    expect(await about([away])).toMatchObject({ state: "failed", hint: expect.stringContaining('=="05f9"') });
    const there = { ...posScanner, path: "/dev/null" };
    expect(await about([there])).toMatchObject({ state: "ok", says: expect.stringContaining("Datalogic Gryphon") });
  });

  test("says that its part of the program does not load", async () => {
    const broken = checkHidScanner({}, asMyself, () => Promise.reject(new Error("no libusb")));
    expect(await broken).toMatchObject({ state: "failed", says: expect.stringContaining("does not load") });
  });
});

describe("what Windows prints of its smart-card service", () => {
  const printed = (state: string) =>
    `\r\nSERVICE_NAME: SCardSvr \r\n        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n        STATE              : ${state}\r\n        WIN32_EXIT_CODE    : 0  (0x0)\r\n        CHECKPOINT         : 0x0\r\n`;

  test.each([
    ["4  RUNNING", true],
    ["4  WIRD AUSGEFÜHRT", true],
    ["1  STOPPED", false],
    ["2  START_PENDING", false],
  ])("%s", (state, runs) => {
    expect(serviceRuns(printed(state))).toBe(runs);
  });
});

test("Windows is asked until its smart-card service has stopped", async () => {
  const answers: ServiceState[] = ["answers", "answers", "away"];
  let asked = 0;
  await untilAway(async () => answers[asked++] ?? "away", { sleep: async () => {} });
  expect(asked).toBe(3);
});
