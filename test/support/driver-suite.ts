import { describe, expect, onTestFinished, test } from "vitest";
import { type Connection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";

/** A driver with its device in the test's hand. */
export interface DriverRig {
  readonly driver: Driver;
  /** The device reads these, one after the other. Resolves when they are on their way to the driver. */
  readonly play: (labels: readonly string[]) => Promise<void>;
  /** What makes no sense reaches the driver. */
  readonly garble: () => Promise<void>;
  /** The cable is pulled. */
  readonly unplug: () => Promise<void>;
  /** And put in again. */
  readonly plug: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

export interface Sizes {
  /** How often it is opened and closed to look for what it leaves behind. */
  readonly opens?: number;
  /** How many reads must come in order. */
  readonly reads?: number;
}

/** What every driver must do, on its real stack. */
export function driverSuite(
  name: string,
  makeRig: () => Promise<DriverRig>,
  { opens = 1000, reads: readsMax = 1000 }: Sizes = {},
): void {
  async function rig() {
    const made = await makeRig();
    const connections: Connection[] = [];
    onTestFinished(async () => {
      for (const connection of connections) await connection.close();
      await made.driver.end?.();
      await made.remove();
    });
    const open = async (ending = new AbortController()) => {
      const connection = await made.driver.open(ending.signal);
      connections.push(connection);
      return { connection, ending, reads: connection.reads()[Symbol.asyncIterator]() };
    };
    return { ...made, open };
  }

  describe(name, () => {
    test("is ready when it is opened, before anything is read", async () => {
      const { open, driver } = await rig();
      const { connection } = await open();
      expect(connection.name).not.toBe("");
      expect(connection.identity).not.toBe("");
      expect(["scanner", "nfc"]).toContain(driver.kind);
    });

    test("reads in order, none twice, none lost, however fast they come", async () => {
      const { open, play } = await rig();
      const { reads } = await open();
      const labels = Array.from({ length: readsMax }, (_, index) => `label ${index}`);
      const [, taken] = await Promise.all([play(labels), take(reads, labels.length)]);
      expect(taken.map(textOf)).toEqual(labels);
    });

    test("goes on after a read that makes no sense", async () => {
      const { open, play, garble } = await rig();
      const { reads } = await open();
      await garble();
      await play(["after"]);
      const [bad, good] = await take(reads, 2);
      expect(bad).toMatchObject({ kind: "failed", detail: expect.any(String) });
      expect(textOf(good)).toBe("after");
    });

    test("ends its reads when told, waiting or not, without an error", async () => {
      const { open } = await rig();
      const { reads, ending } = await open();
      const next = reads.next();
      ending.abort();
      expect(await next).toEqual({ value: undefined, done: true });
      expect(await reads.next()).toEqual({ value: undefined, done: true });
    });

    test("ends its reads when it is closed, and may be closed twice", async () => {
      const { open } = await rig();
      const { reads, connection } = await open();
      const next = reads.next();
      await Promise.all([connection.close(), connection.close()]);
      expect(await next).toEqual({ value: undefined, done: true });
      await connection.close();
    });

    test("does not open when it was told to end before", async () => {
      const { driver } = await rig();
      await expect(driver.open(AbortSignal.abort())).rejects.toBeInstanceOf(Error);
    });

    test("says when the device is lost, and reads again once it is back", async () => {
      const { open, play, unplug, plug } = await rig();
      const { reads, connection } = await open();
      await play(["before"]);
      expect((await take(reads, 1)).map(textOf)).toEqual(["before"]);
      const next = reads.next().catch((error: unknown) => error);
      await unplug();
      expect(await next).toBeInstanceOf(DeviceLost);
      await connection.close();
      await plug();
      const again = await open();
      await play(["after"]);
      expect((await take(again.reads, 1)).map(textOf)).toEqual(["after"]);
    });

    test("refuses to open what is not there, in words that hold no path", async () => {
      const { open, driver, unplug, play } = await rig();
      const { reads, connection } = await open();
      await play(["one"]);
      await take(reads, 1);
      const lost = reads.next().catch(() => undefined);
      await unplug();
      await lost;
      await connection.close();
      const refusal: unknown = await driver.open(new AbortController().signal).catch((error: unknown) => error);
      expect(refusal instanceof DeviceLost || refusal instanceof DeviceFailed).toBe(true);
      expect(String(refusal)).not.toMatch(/[\\/]/);
    });

    test("notices that the device has come, if it says that it can", async () => {
      const { open, driver, unplug, plug, play } = await rig();
      if (driver.arrival === undefined) return;
      const { reads, connection } = await open();
      const lost = reads.next().catch(() => undefined);
      await unplug();
      await lost;
      await connection.close();
      await driver.open(new AbortController().signal).catch(() => undefined);
      const arrived = driver.arrival(new AbortController().signal);
      await plug();
      await arrived;
      await open();
      await play([]);
      const ending = new AbortController();
      const told = driver.arrival(ending.signal);
      ending.abort();
      await told;
    });

    test(`leaves nothing behind in ${opens} times opened and closed`, async () => {
      const { driver } = await rig();
      const ending = new AbortController();
      const openOnce = async () => (await driver.open(ending.signal)).close();
      for (let warmUp = 0; warmUp < 10; warmUp += 1) await openOnce();
      const before = await held();
      for (let turn = 0; turn < opens; turn += 1) await openOnce();
      const after = await held();
      expect(after.files).toBeLessThanOrEqual(before.files);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(after.timers).toBeLessThanOrEqual(before.timers + 1);
    });
  });
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

function textOf(read: DeviceRead | undefined): string | undefined {
  if (read?.kind === "scan") return read.data;
  return read?.kind === "tap" ? read.records[0]?.value : undefined;
}

/** What this process holds on to that a connection could have left. */
async function held(): Promise<{ files: number; threads: number; timers: number }> {
  const { readdir } = await import("node:fs/promises");
  return {
    files: (await readdir("/proc/self/fd")).length,
    threads: (await readdir("/proc/self/task")).length,
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
  };
}
