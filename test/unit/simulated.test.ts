import { expect, test } from "vitest";
import { DeviceFailed, DeviceLost, type DeviceRead } from "../../drivers/driver.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { driverTable } from "../../drivers/registry.ts";
import type { SimulatedSettings, ScriptStep } from "../../drivers/simulated/settings.ts";
import { simulated } from "../../drivers/simulated/simulated.ts";
import { SteadyWorld } from "../support/steady-world.ts";
import { settled } from "../support/virtual-world.ts";

async function opened(script: Iterable<ScriptStep> | AsyncIterable<ScriptStep>) {
  const world = new SteadyWorld();
  const driver = simulated({ kind: "scanner", name: "Simulated", script }, world);
  const open = async () => {
    const connection = await driver.open(new AbortController().signal);
    return { connection, reads: connection.reads()[Symbol.asyncIterator]() };
  };
  return { world, driver, open };
}

test("plays its script in time, and then reads nothing more", async () => {
  const { world, open } = await opened([
    { do: "scan", label: "]E04006381333931" },
    { do: "wait", ms: 1000 },
    { do: "tap", uid: "04a1b2c3", uri: "mobilepaypos://pos?id=1" },
    { do: "garble" },
  ]);
  const { reads, connection } = await open();
  const taken: (DeviceRead | undefined)[] = [];
  const playing = (async () => {
    for (let step = await reads.next(); step.done !== true; step = await reads.next()) taken.push(step.value);
  })();
  await world.pass(999);
  expect(taken).toEqual([{ kind: "scan", data: "4006381333931", aim: "]E0", symbology: "ean13" }]);
  await world.pass(1);
  expect(taken.slice(1)).toEqual([
    { kind: "tap", uid: "04a1b2c3", records: [{ type: "uri", value: "mobilepaypos://pos?id=1" }] },
    { kind: "failed", detail: expect.any(String) },
  ]);
  await world.pass(60_000);
  expect(taken).toHaveLength(3);
  await connection.close();
  await playing;
});

test("reads a label as a real scanner's drivers do: fields taken apart, a wrong check digit refused", async () => {
  const { open } = await opened([
    { do: "scan", label: "]C10109506000134352" },
    { do: "scan", label: "]E04006381333932" },
  ]);
  const { reads } = await open();
  expect(await reads.next()).toMatchObject({ value: { data: "0109506000134352", gs1: { "01": "09506000134352" } } });
  expect(await reads.next()).toMatchObject({
    value: { kind: "failed", detail: expect.stringContaining("check digit") },
  });
});

test.each([
  ["unplug", DeviceLost],
  ["break", DeviceFailed],
] as const)(
  "after %s it cannot be opened for as long as the script says, and then goes on with the script",
  async (step, kind) => {
    const { world, open, driver } = await opened([
      { do: step, ms: 3000 },
      { do: "scan", label: "after" },
    ]);
    await expect((await open()).reads.next()).rejects.toBeInstanceOf(kind);
    await world.pass(2999);
    await expect(open()).rejects.toBeInstanceOf(kind);
    const arrived = driver.arrival?.(new AbortController().signal);
    await world.pass(1);
    await arrived;
    expect(await (await open()).reads.next()).toMatchObject({ value: { data: "after" } });
  },
);

test("a step that comes while nobody is connected is played to the next connection", async () => {
  const next = Promise.withResolvers<ScriptStep>();
  async function* script(): AsyncGenerator<ScriptStep> {
    yield await next.promise;
    yield { do: "scan", label: "second" };
  }
  const { open } = await opened(script());
  const first = await open();
  const nothing = first.reads.next();
  await settled();
  await first.connection.close();
  expect(await nothing).toEqual({ value: undefined, done: true });
  next.resolve({ do: "scan", label: "first" });
  const { reads } = await open();
  expect(await reads.next()).toMatchObject({ value: { data: "first" } });
  expect(await reads.next()).toMatchObject({ value: { data: "second" } });
});

test("a script that repeats begins again a second after its end", async () => {
  const world = new SteadyWorld();
  const row = driverTable.simulated;
  const config: SimulatedSettings = {
    kind: "nfc",
    name: "Tag",
    repeat: true,
    script: [{ do: "tap", uid: "04a1b2c3" }],
  };
  expect(row.kind(config)).toBe("nfc");
  const connection = await (await row.load(config, world, createDeviceAssignments())).open(
    new AbortController().signal,
  );
  const reads: DeviceRead[] = [];
  const playing = (async () => {
    for await (const read of connection.reads()) reads.push(read);
  })();
  await world.pass(3500);
  expect(reads).toHaveLength(4);
  await connection.close();
  await world.pass(1000);
  await playing;
});
