import { afterEach, describe, expect, test } from "vitest";
import { type DeviceState, supervise } from "../../daemon/devices/supervise.ts";
import { DeviceFailed, DeviceLost, type DeviceRead } from "../../drivers/driver.ts";
import { FakeDriver } from "../support/fake-driver.ts";
import { SteadyWorld } from "../support/steady-world.ts";
import { settled } from "../support/virtual-world.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function rig(prepare: (driver: FakeDriver) => void = () => {}) {
  const world = new SteadyWorld();
  const driver = new FakeDriver();
  prepare(driver);
  const states: DeviceState[] = [];
  const reads: DeviceRead[] = [];
  const ending = new AbortController();
  const running = supervise({
    world,
    signal: ending.signal,
    load: () => Promise.resolve(driver),
    state: (state) => states.push(state),
    read: async (read) => {
      reads.push(read);
    },
  });
  const stop = async () => {
    ending.abort();
    await world.pass(20_000);
    await running;
  };
  ends.push(stop);
  await settled();
  return { world, driver, states, reads, stop };
}

const scan = (data: string): DeviceRead => ({ kind: "scan", data });
const names = (states: readonly DeviceState[]) => states.map(({ state }) => state);

describe("a device that is there", () => {
  test("is ready, with its name, and its reads come in order", async () => {
    const { driver, states, reads } = await rig();
    driver.read(scan("1"), { kind: "failed", detail: "noise" }, scan("2"));
    await settled();
    expect(states).toEqual([{ state: "ready", name: "Fake 1" }]);
    expect(reads).toEqual([scan("1"), { kind: "failed", detail: "noise" }, scan("2")]);
  });

  test("is closed when all ends, and nothing is left asleep", async () => {
    const { driver, world, states, stop } = await rig();
    await stop();
    expect(driver.closes).toBe(1);
    expect(world.sleeping).toBe(0);
    expect(names(states)).toEqual(["ready"]);
  });
});

test("a till that ends while a driver is being loaded ends at once, and opens nothing", async () => {
  const driver = new FakeDriver();
  const loaded = Promise.withResolvers<FakeDriver>();
  const ending = new AbortController();
  const states: DeviceState[] = [];
  const running = supervise({
    world: new SteadyWorld(),
    signal: ending.signal,
    load: () => loaded.promise,
    state: (state) => states.push(state),
    read: () => Promise.resolve(),
  });
  ending.abort();
  loaded.resolve(driver);
  await settled();
  expect(await Promise.race([running.then(() => "ended"), settled().then(() => "goes on")])).toBe("ended");
  expect(driver.opens).toBe(0);
  expect(states).toEqual([]);
});

describe("a device that was lost", () => {
  test("is tried again after 0.2 s at most, and is ready again", async () => {
    const { driver, states, world, reads } = await rig();
    driver.read(scan("1"));
    driver.lose();
    await settled();
    expect(names(states)).toEqual(["ready", "lost"]);
    expect(driver.closes).toBe(1);
    await world.pass(200);
    driver.read(scan("2"));
    await settled();
    expect(names(states)).toEqual(["ready", "lost", "ready"]);
    expect(reads).toEqual([scan("1"), scan("2")]);
  });

  test.each([
    [0, [150, 300, 600, 1200, 2400, 3750, 3750]],
    [1, [200, 400, 800, 1600, 3200, 5000, 5000]],
  ])("is tried at waits that double up to 5 s, with jitter (chance %d)", async (chance, waits) => {
    const { driver, world } = await rig((it) => {
      it.refusal = new DeviceLost("not plugged in");
    });
    world.nextChance = chance;
    // The first wait was chosen before the test set the chance.
    await world.pass(200);
    const seen = driver.opens;
    let elapsed = 0;
    const times: number[] = [];
    while (driver.opens < seen + waits.length - 1) {
      const before = driver.opens;
      await world.pass(10);
      elapsed += 10;
      if (driver.opens > before) {
        times.push(elapsed);
        elapsed = 0;
      }
    }
    for (const [index, time] of times.entries())
      expect(Math.abs(time - (waits[index + 1] ?? 0))).toBeLessThanOrEqual(30);
  });

  test("is never given up, and waiting for it holds on to nothing", async () => {
    const { driver, world, states } = await rig((it) => {
      it.refusal = new DeviceLost("not plugged in");
    });
    await world.pass(60 * 60 * 1000);
    expect(driver.opens).toBeGreaterThan(700);
    expect(world.sleeping).toBeLessThanOrEqual(2);
    driver.refusal = undefined;
    await world.pass(5000);
    expect(states.at(-1)).toEqual({ state: "ready", name: "Fake 1" });
  });

  test("is tried at once when its driver sees it come", async () => {
    const { driver, world, states } = await rig((it) => {
      it.refusal = new DeviceLost("not plugged in");
    });
    await world.pass(60_000);
    driver.arrive();
    await world.pass(0);
    await world.pass(200);
    expect(states.at(-1)?.state).toBe("ready");
  });

  test("that has come but may not be opened yet is tried soon again", async () => {
    const { driver, world, states } = await rig((it) => {
      it.refusal = new DeviceLost("not plugged in");
    });
    await world.pass(60_000);
    driver.arrive();
    driver.refusal = new DeviceFailed("no right to it yet");
    await world.pass(250);
    expect(states.at(-1)?.state).toBe("failed");
    driver.refusal = undefined;
    await world.pass(400);
    expect(states.at(-1)?.state).toBe("ready");
  });

  test("that comes and goes without a read is not tried more often each time", async () => {
    const { driver, world } = await rig();
    for (let second = 0; second < 600; second += 1) {
      driver.lose();
      await world.pass(100);
    }
    expect(driver.opens).toBeLessThan(25);
  });

  test("that held for five seconds is tried at once", async () => {
    const { driver, world } = await rig();
    for (let turn = 0; turn < 10; turn += 1) {
      const before = driver.opens;
      await world.pass(5000);
      driver.lose();
      await world.pass(200);
      expect(driver.opens).toBe(before + 1);
    }
  });
});

describe("a driver that fails", () => {
  test.each([
    [new DeviceFailed("in use by another program"), { state: "failed", detail: "in use by another program" }],
    [new DeviceLost("not plugged in"), { state: "lost", detail: "not plugged in" }],
  ])("says why: %s", async (refusal, state) => {
    const { states } = await rig((it) => {
      it.refusal = refusal;
    });
    expect(states).toEqual([state]);
  });

  test("with an error that nobody foresaw keeps it for the log and tells people nothing of its inside", async () => {
    const error = new TypeError("cannot read /dev/secret");
    const { states } = await rig((it) => {
      it.refusal = error;
    });
    expect(states).toEqual([{ state: "failed", detail: expect.not.stringContaining("/dev"), cause: error }]);
  });

  test("in the middle of its reads is opened again", async () => {
    const { driver, world, states } = await rig();
    driver.lose(new RangeError("bug"));
    await world.pass(200);
    expect(names(states)).toEqual(["ready", "failed", "ready"]);
  });

  test("by ending its reads without being told is opened again", async () => {
    const { driver, world, states } = await rig();
    driver.endByItself();
    await world.pass(200);
    expect(names(states)).toEqual(["ready", "lost", "ready"]);
  });

  test("to answer when it is opened is given up after ten seconds and tried again", async () => {
    const { driver, world, states } = await rig((it) => {
      it.hangsOnOpen = true;
    });
    await world.pass(10_000);
    expect(states).toEqual([{ state: "failed", detail: "does not answer" }]);
    driver.hangsOnOpen = false;
    await world.pass(200);
    expect(states.at(-1)?.state).toBe("ready");
  });

  test("to close is left behind after two seconds", async () => {
    const { driver, world, states } = await rig((it) => {
      it.hangsOnClose = true;
    });
    driver.lose();
    await settled();
    await world.pass(2200);
    expect(names(states)).toEqual(["ready", "lost", "ready"]);
  });
});

test("a driver whose native module is missing says what to do, and works once it is there", async () => {
  const world = new SteadyWorld();
  const states: DeviceState[] = [];
  const ending = new AbortController();
  let missing = true;
  const running = supervise({
    world,
    signal: ending.signal,
    load: () =>
      missing
        ? Promise.reject(Object.assign(new Error("no binary at /x"), { code: "ERR_DLOPEN_FAILED" }))
        : Promise.resolve(new FakeDriver()),
    state: (state) => states.push(state),
    read: async () => {},
  });
  await world.pass(1000);
  expect(new Set(states.map(({ detail }) => detail))).toEqual(new Set([expect.stringContaining("scripts/setup")]));
  missing = false;
  await world.pass(5000);
  expect(states.at(-1)?.state).toBe("ready");
  ending.abort();
  await world.pass(2000);
  await running;
});
