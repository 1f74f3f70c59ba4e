import { describe, expect, test } from "vitest";
import { createLifecycle } from "../../daemon/lifecycle.ts";
import { silentLogger } from "../../daemon/logger.ts";
import { realWorld } from "../../daemon/world.ts";

/** A clock that moves only when somebody sleeps, and tells for how long. */
function setUp(environment: Record<string, string>, fails = false) {
  const told: string[] = [];
  const slept: number[] = [];
  const stopping = new AbortController();
  const sleep = (ms: number) => {
    slept.push(ms);
    if (slept.length === 3) stopping.abort();
    return Promise.resolve();
  };
  const done = Promise.withResolvers<void>();
  const lifecycle = createLifecycle({
    environment,
    world: { ...realWorld(), sleep },
    log: { ...silentLogger, warn: (message) => void told.push(message) },
    stop: stopping.signal,
    notify: (words) => {
      told.push(words.join(" "));
      if (words[0] === "STOPPING=1") done.resolve();
      return fails ? Promise.reject(new Error("no systemd-notify")) : Promise.resolve();
    },
  });
  return { lifecycle, told, slept, done: done.promise };
}

describe("under systemd", () => {
  test("it is told that the service is ready, and when it stops", async () => {
    const { lifecycle, told, slept, done } = setUp({ NOTIFY_SOCKET: "/run/systemd/notify" });
    lifecycle.ready("listening");
    lifecycle.stopping();
    await done;
    expect(told).toEqual(["--ready --status=listening", "STOPPING=1"]);
    expect(slept).toEqual([]);
  });

  test("a watchdog gets a sign of life twice in its time, until the service stops", async () => {
    const { lifecycle, told, slept } = setUp({ NOTIFY_SOCKET: "@x", WATCHDOG_USEC: "30000000" });
    lifecycle.ready("listening");
    await expect.poll(() => slept).toEqual([15_000, 15_000, 15_000]);
    expect(told).toEqual(["--ready --status=listening", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
  });

  test("when it cannot be told, that is logged and nothing fails", async () => {
    const { lifecycle, told } = setUp({ NOTIFY_SOCKET: "@x" }, true);
    lifecycle.ready("listening");
    await expect.poll(() => told).toEqual(["--ready --status=listening", "systemd could not be told"]);
  });
});

test("elsewhere nobody is told anything", () => {
  const { lifecycle, told } = setUp({ WATCHDOG_USEC: "30000000" });
  lifecycle.ready("listening");
  lifecycle.stopping();
  expect(told).toEqual([]);
});
