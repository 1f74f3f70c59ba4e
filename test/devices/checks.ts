import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { asMyself } from "../../daemon/cli/doctor/may-use.ts";
import { realWorld } from "../../daemon/world.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { type DeviceConnection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";
import { hidScanner } from "../../drivers/hid-scanner/hid-scanner.ts";
import { checkKeyboardScanner } from "../../drivers/keyboard-scanner/check.ts";
import { keyboardScanner } from "../../drivers/keyboard-scanner/keyboard-scanner.ts";
import { checkNfcReader } from "../../drivers/nfc-reader/check.ts";
import { nfcReader } from "../../drivers/nfc-reader/nfc-reader.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { atrs, textMessage, type2Tag } from "../support/nfc-tags.ts";
import { CcidReader } from "./ccid-gadget.ts";
import { prepareUsb } from "./gadget.ts";
import { PosScanner, WedgeScanner } from "./hid-gadget.ts";
import { SerialGadget } from "./serial-gadget.ts";

// Runs in the machine of test/support/vm: what can only be shown on a real kernel. Prints a line per check.

const honeywell = { vendorId: 0x0c2e, productId: 0x0b81, manufacturer: "Honeywell", product: "1950g" };
const never = new AbortController().signal;

const source = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
/** A process of its own that has taken the scanner in keyboard mode, and keeps it. */
const tillThatHolds = `
  const { keyboardScanner } = await import(${source("drivers/keyboard-scanner/keyboard-scanner.ts")});
  const { realWorld } = await import(${source("daemon/world.ts")});
  await keyboardScanner({ usb: "0c2e:0b81" }, realWorld()).open(new AbortController().signal);
  setInterval(() => {}, 1000);`;

async function main(): Promise<void> {
  execFileSync("/lib/systemd/systemd-udevd", ["--daemon"]);
  spawn("pcscd", ["--foreground"], { stdio: "ignore" });
  prepareUsb(6);
  const wedge = new WedgeScanner({ ...honeywell, serialNumber: "W1" }, 0);
  wedge.plug();
  await until(() => keyboardsOfTheKernel().length === 1);

  await check("a keyboard is never opened, and a scanner in keyboard mode is recognised", async () => {
    const error: unknown = await hidScanner({}, realWorld())
      .open(never)
      .catch((reason: unknown) => reason);
    expect(error instanceof DeviceFailed && error.message.includes("keyboard mode"), String(error));
    expect(openHidNodes().length === 0, "a HID node is open");
  });

  const keyboard = keyboardScanner({ usb: "0c2e:0b81" }, realWorld());
  await check("a scanner in keyboard mode is taken from the system, and read", async () => {
    const connection = await keyboard.open(never);
    expect(keyboardsOfTheKernel().length === 0, "the kernel still types for it");
    const reads = connection.reads()[Symbol.asyncIterator]();
    await wedge.type("https://qr.vipps.no/p/Ab-1_2");
    expect((await next(reads)) === "https://qr.vipps.no/p/Ab-1_2", "the label is not what was typed");
    await connection.close();
    await until(() => keyboardsOfTheKernel().length === 1);
    expect((await checkKeyboardScanner({ usb: "0c2e:0b81" }, asMyself)).state === "ok", "the doctor does not find it");
  });

  await check("it is given back to the system when the till is killed", async () => {
    const till = spawn(process.execPath, ["--input-type=module", "-e", tillThatHolds], { stdio: "inherit" });
    await until(() => keyboardsOfTheKernel().length === 0);
    till.kill("SIGKILL");
    await until(() => keyboardsOfTheKernel().length === 1);
  });

  await check("it comes back after its plug was pulled", () => comesBack(keyboard, wedge, (text) => wedge.type(text)));

  const pos = new PosScanner({ ...honeywell, productId: 0x0b82, serialNumber: "P1" }, 1);
  const other = new PosScanner({ ...honeywell, productId: 0x0b82 }, 2);
  pos.plug();
  await until(() => hidNodes().length === 2);

  await check("a scanner is read beside a keyboard, and what is typed there is not heard", async () => {
    const connection = await hidScanner({}, realWorld()).open(never);
    expect(openHidNodes().length === 1, "more than the scanner is open");
    const reads = connection.reads()[Symbol.asyncIterator]();
    void wedge.type("secret").catch(() => undefined);
    await pos.scan("4006381333931", "]E0");
    expect((await next(reads)) === "4006381333931", "something else was read");
    await connection.close();
  });

  await check("two scanners keep their names when they come back in the other order", async () => {
    const claims = createDeviceAssignments();
    const drivers = [hidScanner({}, realWorld(), claims), hidScanner({}, realWorld(), claims)] as const;
    const first = await drivers[0].open(never);
    other.plug();
    await until(() => hidNodes().length === 3);
    const second = await drivers[1].open(never);
    const names = [first.identity, second.identity];
    expect(names[0]?.endsWith(" P1") === true && / at \d+-\d+/.test(names[1] ?? ""), names.join(", "));
    await Promise.all([lost(first, () => pos.unplug()), lost(second, () => other.unplug())]);
    other.plug();
    await until(() => hidNodes().length === 2);
    expect((await drivers[1].open(never)).identity === names[1], "the second took another");
    expect((await drivers[0].open(never).catch(() => undefined)) === undefined, "the first took the second's");
    pos.plug();
    await until(() => hidNodes().length === 3);
    expect((await drivers[0].open(never)).identity === names[0], "the first took another");
  });

  await check("a serial scanner is found by what it is, when another has its port's number now", async () => {
    const com = { ...honeywell, productId: 0x0b8a };
    const [own, others] = [new SerialGadget({ ...com, serialNumber: "C1" }, 4), new SerialGadget(com, 5)];
    own.plug();
    await until(() => serialNodes().length === 1);
    const driver = serialScanner({ path: "usb:0c2e:0b8a:C1", baudRate: 9600 }, realWorld());
    const first = await driver.open(never);
    expect(first.identity === "usb 0c2e:0b8a C1", first.identity);
    await lost(first, () => own.unplug());
    await until(() => serialNodes().length === 0);
    others.plug();
    await until(() => serialNodes().length === 1);
    const arrived = driver.arrival?.(never);
    own.plug();
    await arrived;
    const again = await driver.open(never);
    expect(serialNodes().length === 2 && again.identity === first.identity, again.identity);
    const reads = again.reads()[Symbol.asyncIterator]();
    await own.scan("4006381333931");
    expect((await next(reads)) === "4006381333931", "something else was read");
    await again.close();
  });

  await check("the doctor finds that Linux has taken the NFC reader, and what it says gets it back", async () => {
    const reader = await CcidReader.make(3, { pn532: true });
    reader.plug();
    await until(() => readdirSync("/sys/bus/usb/drivers").includes("pn533_usb"));
    let found = await checkNfcReader({});
    for (let wait = 0; found.state === "ok" && wait < 100; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await checkNfcReader({});
    }
    expect(found.says.includes("pn533_usb has taken the reader"), found.says);
    writeFileSync("/etc/modprobe.d/tillbridge.conf", "blacklist pn533_usb\nblacklist pn533\n");
    reader.unplug();
    await until(() => isRemoved("pn533_usb"));
    execFileSync("udevadm", ["control", "--reload"]);
    reader.plug();
    const driver = nfcReader({}, realWorld());
    await driver.arrival?.(never);
    const connection = await driver.open(never);
    const tag = type2Tag(Buffer.from("04a1b2c3d4e5f6", "hex"), textMessage("back"));
    await reader.lay({ atr: atrs.type2, answer: tag });
    const { value } = await connection.reads()[Symbol.asyncIterator]().next();
    expect(JSON.stringify(value).includes('"back"'), JSON.stringify(value));
    expect((await checkNfcReader({})).state === "ok", "the doctor still complains");
    await driver.end?.();
  });

  console.log("result: done");
  process.kill(process.pid, "SIGKILL");
}

async function check(title: string, act: () => Promise<void>): Promise<void> {
  const timer = setTimeout(() => fail(title, "takes too long"), 300_000);
  try {
    await act();
    console.log(`check: passed: ${title}`);
  } catch (error) {
    fail(title, String(error));
  }
  clearTimeout(timer);
}

function fail(title: string, why: string): void {
  console.log(`check: FAILED: ${title}: ${why}`);
}

function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

/** A driver is in use until it has noticed that its device has gone. */
function isRemoved(name: string): boolean {
  try {
    execFileSync("rmmod", [name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function next(reads: AsyncIterator<DeviceRead>): Promise<string> {
  const { value } = await reads.next();
  return (value as DeviceRead | undefined)?.kind === "scan" ? (value as { data: string }).data : JSON.stringify(value);
}

async function lost(connection: DeviceConnection, unplug: () => void): Promise<void> {
  const reads = connection.reads()[Symbol.asyncIterator]();
  const end = reads.next().catch((error: unknown) => error);
  unplug();
  expect((await end) instanceof DeviceLost, "the loss was not told");
  await connection.close();
}

async function comesBack(
  driver: Driver,
  device: { plug(): void; unplug(): void },
  read: (text: string) => Promise<void>,
): Promise<void> {
  await lost(await driver.open(never), () => device.unplug());
  const arrived = driver.arrival?.(never);
  device.plug();
  await arrived;
  const again = await driver.open(never);
  const reads = again.reads()[Symbol.asyncIterator]();
  await read("again");
  expect((await next(reads)) === "again", "not read after the replug");
  await again.close();
}

/** The keyboards that the kernel types for, but for its own buttons. */
function keyboardsOfTheKernel(): string[] {
  const devices = readFileSync("/proc/bus/input/devices", "utf8").split("\n\n");
  return devices.filter((device) => device.includes("Vendor=0c2e") && /Handlers=.*kbd/.test(device));
}

function hidNodes(): string[] {
  return readdirSync("/dev").filter((name) => name.startsWith("hidraw"));
}

function serialNodes(): string[] {
  return readdirSync("/dev").filter((name) => name.startsWith("ttyACM"));
}

function openHidNodes(): string[] {
  return readdirSync("/proc/self/fd").flatMap((number) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${number}`);
      return file.startsWith("/dev/hidraw") ? [file] : [];
    } catch {
      return [];
    }
  });
}

await main();
