import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type ComputerClocks, countingSleep, realWorld } from "../../daemon/world.ts";

const tenMinutesMs = 600_000;

/** A computer whose clocks are set by hand: `running` stands still while it sleeps. */
class Computer implements ComputerClocks {
  runningMs = 0;
  sleptMs = 0;
  wallOffMs = 1_800_000_000_000;

  readonly running = () => this.runningMs;
  /** Since long before the process, in steps of ten milliseconds. */
  readonly sinceBoot = () => Math.floor((this.runningMs + this.sleptMs + 12_345_678.9) / 10) * 10;
  readonly wall = () => this.runningMs + this.sleptMs + this.wallOffMs;
}

describe("a clock that counts sleep", () => {
  test("tells at once after ten minutes of sleep that they have passed", () => {
    const computer = new Computer();
    const clock = countingSleep(computer);
    computer.runningMs = 500;
    expect(clock()).toBe(500);
    computer.sleptMs = tenMinutesMs;
    expect(clock()).toBeGreaterThanOrEqual(tenMinutesMs + 480);
    expect(clock()).toBeLessThanOrEqual(tenMinutesMs + 520);
  });

  test("counts a sleep that the wall clock hides, a second later", () => {
    const computer = new Computer();
    const clock = countingSleep(computer);
    computer.sleptMs = tenMinutesMs;
    computer.wallOffMs -= tenMinutesMs;
    expect(clock()).toBe(0);
    computer.runningMs = 1000;
    expect(clock()).toBeGreaterThanOrEqual(tenMinutesMs + 980);
  });

  test("is exact, and no wall clock moves it", () => {
    const computer = new Computer();
    const clock = countingSleep(computer);
    for (let step = 1; step <= 5000; step += 1) {
      computer.runningMs += 0.7;
      if (step % 1000 === 0) computer.wallOffMs += step % 2000 === 0 ? 3e10 : -3e10;
      expect(clock()).toBe(computer.runningMs);
    }
  });

  test("never goes back", () => {
    const computer = new Computer();
    const clock = countingSleep(computer);
    let before = 0;
    for (let step = 1; step <= 1000; step += 1) {
      computer.runningMs += 37;
      if (step % 50 === 0) computer.sleptMs += step % 100 === 0 ? 90_000 : 400;
      const now = clock();
      expect(now).toBeGreaterThan(before);
      before = now;
    }
    expect(before - computer.runningMs - computer.sleptMs).toBeLessThan(20);
    expect(computer.runningMs + computer.sleptMs - before).toBeLessThan(1000);
  });
});

const inNamespace = (...options: string[]) =>
  promisify(execFile)("unshare", ["--time", ...options, process.execPath, "-p", "os.uptime()"]);
const mayShift =
  process.platform === "linux" &&
  (await inNamespace().then(
    () => true,
    () => false,
  ));

// Without the right to make a time namespace it cannot be tried: that is root's, here.
test.runIf(mayShift)(
  "Linux: the time since boot is CLOCK_BOOTTIME's, which counts sleep, and not CLOCK_MONOTONIC's",
  async () => {
    const [plain, boottime, monotonic] = (
      await Promise.all([inNamespace(), inNamespace("--boottime", "100000"), inNamespace("--monotonic", "100000")])
    ).map(({ stdout }) => Number(stdout)) as [number, number, number];
    expect(boottime - plain).toBeGreaterThan(99_000);
    expect(Math.abs(monotonic - plain)).toBeLessThan(1000);
  },
);

test("a wait ends when it is over, and at once when it is called off", async () => {
  const world = realWorld();
  const started = world.monotonicMs();
  await world.sleep(30);
  expect(world.monotonicMs() - started).toBeGreaterThanOrEqual(29);
  await world.sleep(3_600_000, AbortSignal.abort());
  const calledOff = new AbortController();
  const waiting = world.sleep(3_600_000, calledOff.signal);
  calledOff.abort();
  await waiting;
});
