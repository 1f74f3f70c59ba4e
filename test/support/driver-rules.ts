import { deepEqual, equal, fail, notEqual, ok, rejects } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type DeviceConnection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";

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

export interface Rule {
  readonly title: string;
  /** Rejects when the driver breaks it. */
  readonly holds: (makeRig: () => Promise<DriverRig>) => Promise<void>;
}

/** What every driver must do on its real stack. Needs no test runner: it is also run where there is none. */
export function driverRules({ opens = 1000, reads: readsMax = 1000 }: Sizes = {}): Rule[] {
  return [
    rule("is ready when it is opened, before anything is read", async ({ open, driver }) => {
      const { connection } = await open();
      notEqual(connection.name, "");
      notEqual(connection.identity, "");
      ok(["scanner", "nfc"].includes(driver.kind));
    }),

    rule("reads in order, none twice, none lost, however fast they come", async ({ open, play }) => {
      const { reads } = await open();
      const labels = Array.from({ length: readsMax }, (_, index) => `label ${index}`);
      const [, taken] = await Promise.all([play(labels), take(reads, labels.length)]);
      deepEqual(taken.map(textOf), labels);
    }),

    rule("goes on after a read that makes no sense", async ({ open, play, garble }) => {
      const { reads } = await open();
      await garble();
      const [bad] = await take(reads, 1);
      equal(bad?.kind, "failed");
      await play(["after"]);
      deepEqual((await take(reads, 1)).map(textOf), ["after"]);
    }),

    rule("ends its reads when told, waiting or not, without an error", async ({ open }) => {
      const { reads, ending } = await open();
      const next = reads.next();
      ending.abort();
      deepEqual(await next, { value: undefined, done: true });
      deepEqual(await reads.next(), { value: undefined, done: true });
    }),

    rule("ends its reads when it is closed, and may be closed twice", async ({ open }) => {
      const { reads, connection } = await open();
      const next = reads.next();
      await Promise.all([connection.close(), connection.close()]);
      deepEqual(await next, { value: undefined, done: true });
      await connection.close();
    }),

    rule("does not open when it was told to end before", async ({ driver }) => {
      await rejects(driver.open(AbortSignal.abort()), Error);
    }),

    rule("says when the device is lost, and reads again once it is back", async ({ open, play, unplug, plug }) => {
      const { reads, connection } = await open();
      await play(["before"]);
      deepEqual((await take(reads, 1)).map(textOf), ["before"]);
      const next = reads.next().catch((error: unknown) => error);
      await unplug();
      ok((await next) instanceof DeviceLost);
      await connection.close();
      await plug();
      const again = await open();
      equal(again.connection.identity, connection.identity);
      await play(["after"]);
      deepEqual((await take(again.reads, 1)).map(textOf), ["after"]);
    }),

    rule("refuses to open what is not there, in words that hold no path", async ({ open, driver, unplug, play }) => {
      const { reads, connection } = await open();
      await play(["one"]);
      await take(reads, 1);
      await lose(reads, connection, unplug);
      const refusal: unknown = await driver.open(new AbortController().signal).catch((error: unknown) => error);
      ok(refusal instanceof DeviceLost || refusal instanceof DeviceFailed, String(refusal));
      ok(!/[\\/]/.test(String(refusal)), String(refusal));
    }),

    rule("notices that the device has come, if it says that it can", async ({ open, driver, unplug, plug }) => {
      if (driver.arrival === undefined) return;
      const { reads, connection } = await open();
      await lose(reads, connection, unplug);
      await driver.open(new AbortController().signal).catch(() => undefined);
      const arrived = driver.arrival(new AbortController().signal);
      await plug();
      await arrived;
      await open();
      const ending = new AbortController();
      const told = driver.arrival(ending.signal);
      ending.abort();
      await told;
    }),

    rule(`leaves nothing behind in ${opens} times opened and closed`, async ({ driver }) => {
      const { signal } = new AbortController();
      const openOnce = async () => (await driver.open(signal)).close();
      for (let warmUp = 0; warmUp < Math.min(100, opens); warmUp += 1) await openOnce();
      const before = await held();
      for (let turn = 0; turn < opens; turn += 1) await openOnce();
      const after = await held();
      const grown = `${JSON.stringify(before)} before, ${JSON.stringify(after)} after`;
      ok(after.files <= before.files, grown);
      ok(after.threads <= before.threads, grown);
      ok(after.timers <= before.timers + 1, grown);
      ok(after.heapBytes - before.heapBytes <= heapGrowthBytesMax, grown);
      ok(after.residentBytes - before.residentBytes <= residentGrowthBytesMax, grown);
    }),
  ];
}

/** A thousand connections that each left 1 KiB behind would show in the heap, or 32 KiB outside of it. */
const heapGrowthBytesMax = 2 ** 20;
const residentGrowthBytesMax = 2 ** 25;
const garbageTurns = 3;

type Hand = DriverRig & { readonly open: ReturnType<typeof opener>["open"] };

function rule(title: string, check: (rig: Hand) => Promise<void>): Rule {
  async function holds(makeRig: () => Promise<DriverRig>): Promise<void> {
    const made = await makeRig();
    const { open, closeAll } = opener(made.driver);
    try {
      await check({ ...made, open });
    } finally {
      await closeAll();
      await made.driver.end?.();
      await made.remove();
    }
  }
  return { title, holds };
}

function opener(driver: Driver) {
  const connections: DeviceConnection[] = [];
  const open = async (ending = new AbortController()) => {
    const connection = await driver.open(ending.signal);
    connections.push(connection);
    return { connection, ending, reads: connection.reads()[Symbol.asyncIterator]() };
  };
  const closeAll = async () => {
    for (const connection of connections) await connection.close();
  };
  return { open, closeAll };
}

async function lose(
  reads: AsyncIterator<DeviceRead>,
  connection: DeviceConnection,
  unplug: () => Promise<void>,
): Promise<void> {
  const lost = reads.next().catch(() => undefined);
  await unplug();
  await lost;
  await connection.close();
}

async function take(reads: AsyncIterator<DeviceRead>, count: number): Promise<DeviceRead[]> {
  const taken: DeviceRead[] = [];
  while (taken.length < count) {
    const { value, done } = await reads.next();
    if (done === true) fail(`the reads ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}

function textOf(read: DeviceRead | undefined): string | undefined {
  if (read?.kind === "scan") return read.data;
  return read?.kind === "tap" ? read.records[0]?.value : undefined;
}

/** What this process holds on to that a connection could have left. */
async function held() {
  for (let turn = 0; turn < garbageTurns; turn += 1) {
    // What is held weakly goes in two steps, with a turn of the loop between them.
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    files: (await readdir("/proc/self/fd")).length,
    threads: (await readdir("/proc/self/task")).length,
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    heapBytes: heapUsed + external,
    residentBytes: rss,
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
