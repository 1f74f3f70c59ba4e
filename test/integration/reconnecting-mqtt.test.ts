import { expect, test } from "vitest";
import { createReconnectingMqtt } from "../../daemon/check-in/reconnecting-mqtt.ts";
import { realWorld, type World } from "../../daemon/world.ts";
import { freePort } from "../support/free-port.ts";
import { recordingLogger } from "../support/log-records.ts";

const attempts = 40;
/** How long a connection may take to come about: no wait between two of them. */
const openMs = 10_000;

/** Waits are only noted. The chances are always the worst. */
function impatientWorld(): { world: World; waits: number[]; enough: Promise<void> } {
  const waits: number[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const real = realWorld();
  const sleep = (ms: number, signal?: AbortSignal) => {
    if (ms === openMs) return real.sleep(ms, signal);
    waits.push(ms);
    if (waits.length < attempts) return Promise.resolve();
    resolve();
    return real.sleep(600_000, signal);
  };
  return { world: { ...real, sleep, chance: () => 1 }, waits, enough };
}

test("a broker that is away is tried again for ever, soon at first and then once a minute, and told of now and then", async () => {
  const { world, waits, enough } = impatientWorld();
  const log = recordingLogger();
  const broker = { url: `mqtt://127.0.0.1:${await freePort()}`, username: "till", password: "secret-password" };
  const link = createReconnectingMqtt({
    broker,
    clientId: "till",
    subscriptions: () => [],
    onMessage: () => undefined,
    world,
    log,
  });
  await enough;
  expect(waits.slice(0, 7)).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(waits).toHaveLength(attempts);
  expect(link.state()).toBe("connecting");
  await expect(link.publish({ topic: "a", payload: "b" })).rejects.toMatchObject({ reason: "NOT_CONNECTED" });
  await link.close();
  expect(log.records.map(({ message }) => message)).toEqual(Array(2).fill("the broker cannot be reached"));
  expect(JSON.stringify(log.records)).not.toContain("secret-password");
});
