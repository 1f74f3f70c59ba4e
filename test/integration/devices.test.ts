import { afterEach, expect, test } from "vitest";
import { createDevices } from "../../daemon/devices/devices.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import type { BridgeEvent } from "../../daemon/protocol/events.ts";
import { realWorld } from "../../daemon/world.ts";
import { openPty, type Pty } from "../support/pty.ts";

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

/** The till with one serial scanner on a pty, from the configuration to the events. */
async function rig() {
  const pty: Pty = await openPty();
  leftovers.push(() => pty.remove());
  const events: BridgeEvent[] = [];
  let told = () => {};
  const devices = createDevices({
    devices: [{ driver: "serial-scanner", path: pty.path, baudRate: 9600 }],
    world: realWorld(),
    log: silentLogger,
    consumers: {
      pairing: { listening: () => false, takeScan: () => ({ handled: false }) },
      payments: { wantsCustomerQr: () => false, takeCustomerQr: async () => false },
      ownTagId: () => undefined,
    },
    emit(event) {
      events.push(event);
      told();
    },
  });
  leftovers.push(() => devices.stop());
  devices.start();

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (told = resolve));
  }
  const reads = () => events.flatMap((it) => (it.event === "scan.read" ? [it.params.data] : []));
  const isState = (state: string) => () => devices.list()[0]?.state === state;
  return { pty, devices, until, reads, isState };
}

test("a scanner that is unplugged and plugged in again, over and over, always comes back", async () => {
  const { pty, devices, until, reads, isState } = await rig();
  const rounds = 10;
  for (let round = 1; round <= rounds; round += 1) {
    await until(isState("ready"));
    await pty.write(`before ${round}\r`);
    await until(() => reads().at(-1) === `before ${round}`);
    await pty.unplug();
    await until(isState("lost"));
    await pty.plug();
  }
  await until(isState("ready"));
  expect(reads()).toEqual(Array.from({ length: rounds }, (_, index) => `before ${index + 1}`));
  expect(devices.list()[0]?.statistics).toMatchObject({ reads: rounds, errors: 0, losses: rounds });
});

test("a till that stops lets go of its scanner", async () => {
  const { pty, devices, until, isState } = await rig();
  await until(isState("ready"));
  await devices.stop();
  const { serialScanner } = await import("../../drivers/serial-scanner/serial-scanner.ts");
  const connection = await serialScanner({ path: pty.path, baudRate: 9600 }, realWorld()).open(
    new AbortController().signal,
  );
  await connection.close();
});

test("a scanner that cannot be opened delays neither the start nor the stop of the till", async () => {
  const { pty, devices } = await rig();
  await pty.unplug();
  await devices.stop();
  expect(devices.list()).toHaveLength(1);
});
