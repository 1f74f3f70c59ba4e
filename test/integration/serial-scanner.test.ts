import { autoDetect } from "@serialport/bindings-cpp";
import { SerialPortStream } from "@serialport/stream";
import { afterEach, expect, test } from "vitest";
import { realWorld, type World } from "../../daemon/world.ts";
import { DeviceFailed, DeviceLost, type DeviceRead } from "../../drivers/driver.ts";
import { hasHungUp } from "../../drivers/serial-scanner/port-errors.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { openPty, type Pty } from "../support/pty.ts";
import { until } from "../support/until.ts";

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

async function pty(): Promise<Pty> {
  const made = await openPty();
  leftovers.push(() => made.remove());
  return made;
}

async function connected(port: Pty, more: { silenceMs?: number } = {}, world = realWorld()) {
  const driver = serialScanner({ path: port.path, baudRate: 9600, ...more }, world);
  const ending = new AbortController();
  const connection = await driver.open(ending.signal);
  leftovers.push(() => connection.close());
  return { driver, connection, ending, reads: connection.reads()[Symbol.asyncIterator]() };
}

async function take(reads: AsyncIterator<DeviceRead>, count: number): Promise<DeviceRead[]> {
  const taken: DeviceRead[] = [];
  while (taken.length < count) {
    const { value, done } = await reads.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

const scan = (data: string) => ({ kind: "scan", data });

test("reads labels that come whole, split, byte by byte and two at once", async () => {
  const port = await pty();
  const { reads } = await connected(port);
  await port.write("4006381333931\r");
  await port.write("590123412345");
  await port.write("7\r\n");
  for (const byte of "4006381333931\r") await port.write(byte);
  await port.write("1\r2\r");
  expect(await take(reads, 5)).toEqual(["4006381333931", "5901234123457", "4006381333931", "1", "2"].map(scan));
});

test("noise and a megabyte without an end are failed reads, and the next label is read", async () => {
  const port = await pty();
  const { reads } = await connected(port);
  await port.write(Buffer.from([0x00, 0xff, 0x91, 0x0d]));
  await port.write(Buffer.alloc(1_000_000, "7"));
  await port.write("\r4006381333931\r");
  expect(await take(reads, 3)).toEqual([
    { kind: "failed", detail: expect.stringContaining("no text") },
    { kind: "failed", detail: expect.stringContaining("more than") },
    scan("4006381333931"),
  ]);
});

test("a scanner that sends no end of line is read by its pauses", async () => {
  const port = await pty();
  const { reads } = await connected(port, { silenceMs: 30 });
  await port.write("4006381333931");
  expect(await take(reads, 1)).toEqual([scan("4006381333931")]);
  await port.write("96385074");
  expect(await take(reads, 1)).toEqual([scan("96385074")]);
});

test("a till that was held up in the middle of a label does not take that for a pause", async () => {
  const port = await pty();
  const silenceMs = 30;
  let held = false;
  const world = { ...realWorld(), sleep: heldUp };
  /** The pause is over when the loop turns again, and the rest of the label has come in the meantime. */
  function heldUp(ms: number, signal?: AbortSignal): Promise<void> {
    if (held || ms > silenceMs) return realWorld().sleep(ms, signal);
    held = true;
    void port.write("333931");
    while (port.undelivered() > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return Promise.resolve();
  }
  const { reads } = await connected(port, { silenceMs }, world);
  await port.write("4006381");
  expect(await take(reads, 1)).toEqual([scan("4006381333931")]);
});

/** No time passes, however slow the machine is, until a pause is made that would end a label. */
function worldOfPauses() {
  let ms = 0;
  let wake = Promise.withResolvers<void>();
  const world: World = { ...realWorld(), monotonicMs: () => ms, sleep: () => wake.promise };
  async function fallSilent(): Promise<void> {
    // Some drivers look twice.
    for (let looks = 0; looks < 3; looks += 1) {
      ms += 1000;
      wake.resolve();
      wake = Promise.withResolvers();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { world, fallSilent };
}

test("a label that waits in a port that is not read on is whole when it is", async () => {
  const port = await pty();
  const { world, fallSilent } = worldOfPauses();
  const { reads } = await connected(port, { silenceMs: 5 }, world);
  const labels = Array.from({ length: 3000 }, (_, index) => `label ${index}`);
  await port.write(labels.map((label) => `${label}\r`).join(""));
  const first = await take(reads, 1);
  await until(() => port.holdsBack(), "a port that takes no more");
  await fallSilent();
  expect([...first, ...(await take(reads, labels.length - 1))]).toEqual(labels.map(scan));
});

test("a flood of labels is delivered whole and in order to a slow taker", async () => {
  const port = await pty();
  const { reads } = await connected(port);
  const labels = Array.from({ length: 5000 }, (_, index) => `label ${index}`);
  const written = port.write(labels.map((label) => `${label}\r`).join(""));
  expect(await take(reads, labels.length)).toEqual(labels.map(scan));
  await written;
});

test("a pulled cable is noticed within a second, and the scanner is there again when it is plugged in", async () => {
  const port = await pty();
  const { driver, connection, reads } = await connected(port);
  await port.write("1\r");
  expect(await take(reads, 1)).toEqual([scan("1")]);
  const next = reads.next().catch((error: unknown) => error);
  await port.unplug();
  expect(await next).toBeInstanceOf(DeviceLost);
  await connection.close();

  await expect(driver.open(new AbortController().signal)).rejects.toThrow(DeviceLost);
  const arrived = driver.arrival?.(new AbortController().signal);
  await port.plug();
  await arrived;
  const again = await driver.open(new AbortController().signal);
  leftovers.push(() => again.close());
  await port.write("2\r");
  expect(await take(again.reads()[Symbol.asyncIterator](), 1)).toEqual([scan("2")]);
});

test("what was read before the cable was pulled is delivered before the loss is told", async () => {
  const port = await pty();
  const { reads } = await connected(port);
  await port.write("1\r2\r3\r");
  expect(await take(reads, 1)).toEqual([scan("1")]);
  await port.unplug();
  expect(await take(reads, 2)).toEqual([scan("2"), scan("3")]);
  await expect(reads.next()).rejects.toThrow(DeviceLost);
});

test("a port that another program holds says so, in words without a path", async () => {
  const port = await pty();
  await connected(port);
  const second = serialScanner({ path: port.path, baudRate: 9600 }, realWorld()).open(new AbortController().signal);
  const error: unknown = await second.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeviceFailed);
  expect(String(error)).toContain("another program");
  expect(String(error)).not.toContain("/");
});

test("what is no serial port is refused with a reason", async () => {
  const open = (path: string) =>
    serialScanner({ path, baudRate: 9600 }, realWorld()).open(new AbortController().signal);
  await expect(open("/dev/null")).rejects.toThrow(DeviceFailed);
  await expect(open("/dev/serial/by-id/nothing-here")).rejects.toThrow(DeviceLost);
});

test("a cable that is pulled and put back at once is noticed though the name stands for another port, even one with the same numbers", async () => {
  const pulled = await pty();
  const port = new SerialPortStream({ binding: autoDetect(), path: pulled.path, baudRate: 9600, autoOpen: false });
  await new Promise((resolve) => port.open(resolve));
  expect(await hasHungUp(port.port)).toBe(false);
  await pulled.unplug();
  await pulled.plug();
  expect(await hasHungUp(port.port)).toBe(true);
  await new Promise((resolve) => port.close(resolve));
});
