import { describe, expect, test } from "vitest";
import type { SystemdNotifier } from "../../daemon/lifecycle/systemd-notifier.ts";
import { createLifecycle } from "../../daemon/lifecycle/lifecycle.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { realWorld } from "../../daemon/world.ts";

interface Wanted {
  readonly environment: Record<string, string | undefined>;
  readonly fails?: boolean;
  readonly cannotHold?: boolean;
  /** How busy the till is at each look, as long as that lasts. */
  readonly busy?: readonly boolean[];
  readonly sleepsMax?: number;
}

/** A clock that moves only when somebody sleeps, and tells for how long. */
function setUp({ environment, fails = false, cannotHold = false, busy = [], sleepsMax = 3 }: Wanted) {
  const told: string[] = [];
  const slept: number[] = [];
  const looks = [...busy];
  const stopping = new AbortController();
  const sleep = (ms: number, over?: AbortSignal) => {
    if (over?.aborted) return Promise.resolve();
    slept.push(ms);
    if (slept.length >= sleepsMax) stopping.abort();
    return Promise.resolve();
  };
  const notifier: SystemdNotifier = {
    notify: async (...variables) => {
      told.push(variables.join(" "));
      if (fails) throw new Error("no systemd-notify");
    },
    inhibitShutdown: async (secondsMax) => void told.push(`hold ${secondsMax}`),
    releaseInhibitor: async () => {
      told.push("release");
      if (cannotHold) throw new Error("no logind");
    },
  };
  const lifecycle = createLifecycle({
    environment,
    world: { ...realWorld(), sleep },
    log: { ...silentLogger, warn: (message) => void told.push(message) },
    stop: stopping.signal,
    notifier,
  });
  const ready = () => lifecycle.ready("listening", () => looks.shift() ?? false);
  return { ready, lifecycle, told, slept, stopped: stopping.signal };
}

const underSystemd = { NOTIFY_SOCKET: "/run/systemd/notify" };

describe("under systemd", () => {
  test("it is told that the service is ready, and when it stops", async () => {
    const { ready, lifecycle, told } = setUp({ environment: underSystemd });
    ready();
    lifecycle.stopping();
    expect(told).toEqual(["READY=1 STATUS=listening", "STOPPING=1 STATUS=stopping"]);
  });

  test("a start that takes long asks for more time, again and again", async () => {
    const { told, slept, stopped } = setUp({ environment: underSystemd, sleepsMax: 4 });
    await expect.poll(() => stopped.aborted).toBe(true);
    expect(slept).toEqual([15_000, 15_000, 15_000, 15_000]);
    expect(told).toEqual(Array(3).fill("EXTEND_TIMEOUT_USEC=60000000"));
  });

  test("a watchdog gets three signs of life in its time, until the service stops", async () => {
    const { ready, told, slept } = setUp({
      environment: { ...underSystemd, WATCHDOG_USEC: "30000000" },
      sleepsMax: 12,
    });
    ready();
    await expect.poll(() => slept.filter((ms) => ms === 10_000).length).toBeGreaterThan(2);
    expect(told.filter((words) => words === "WATCHDOG=1").length).toBeGreaterThan(2);
  });

  test("when it cannot be told, that is logged once and nothing fails", async () => {
    const environment = { ...underSystemd, WATCHDOG_USEC: "30000000" };
    const { ready, told, slept } = setUp({ environment, fails: true, sleepsMax: 8 });
    ready();
    await expect.poll(() => slept.length).toBeGreaterThan(7);
    expect(told.filter((words) => words === "systemd could not be told")).toHaveLength(1);
  });

  test("the computer is asked to stay on from a sale's start to its end, each time anew and never for long", async () => {
    const busy = [false, true, true, false, false, true, false];
    const { ready, told, stopped } = setUp({ environment: underSystemd, busy, sleepsMax: 20 });
    ready();
    await expect.poll(() => stopped.aborted).toBe(true);
    expect(told.slice(1)).toEqual(["hold 180", "release", "hold 180", "release"]);
  });

  test("a computer that cannot be asked costs one warning", async () => {
    const busy = [true, true, false, true, false, true, false];
    const { ready, told, stopped } = setUp({ environment: underSystemd, busy, cannotHold: true, sleepsMax: 20 });
    ready();
    await expect.poll(() => stopped.aborted).toBe(true);
    expect(told.filter((words) => words.includes("cannot be asked to stay on"))).toHaveLength(1);
  });

  test("a stop in the middle of a sale lets the computer go", async () => {
    const { ready, told, stopped } = setUp({ environment: underSystemd, busy: Array(100).fill(true), sleepsMax: 5 });
    ready();
    await expect.poll(() => stopped.aborted).toBe(true);
    await expect.poll(() => told).toEqual(["READY=1 STATUS=listening", "hold 180", "release"]);
  });
});

test("elsewhere nobody is told anything", () => {
  const { ready, lifecycle, told } = setUp({ environment: { WATCHDOG_USEC: "30000000" } });
  ready();
  lifecycle.stopping();
  expect(told).toEqual([]);
});
