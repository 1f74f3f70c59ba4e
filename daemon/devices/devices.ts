import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import type { DeviceRead, Driver } from "../../drivers/driver.ts";
import { type DriverTable, type NamedDevice, rowOf } from "../../drivers/driver-row.ts";
import { driverTable } from "../../drivers/registry.ts";
import type { Logger } from "../log/logger.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { DeviceView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { createDuplicateReads, type DuplicateReads } from "./duplicate-reads.ts";
import { createDeviceRecord, type DeviceRecord } from "./device-record.ts";
import { handleRead, type ReadConsumers } from "./handle-read.ts";
import { supervise } from "./supervise.ts";

export interface DevicesPorts {
  readonly devices: readonly NamedDevice[];
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
  /** Who may want what a device reads before the page gets it. */
  readonly consumers: ReadConsumers;
  /** The till's own unless a test says otherwise. */
  readonly drivers?: DriverTable;
}

/** The till's devices: each kept connected by itself, its state published as `device.changed`, its reads passed on. */
export interface Devices {
  /** Starts connecting. Returns at once: no device is worth waiting for. */
  start(): void;
  list(): DeviceView[];
  /** Resolves when every device is closed, or has had its time to. */
  stop(): Promise<void>;
}

export function createDevices(ports: DevicesPorts): Devices {
  const { world, log, emit, consumers, drivers = driverTable } = ports;
  const ending = new AbortController();
  const assignments = createDeviceAssignments();
  const devices = identified(ports.devices).map(({ deviceId, config }) => {
    const { driver } = config;
    const row = rowOf(config, drivers);
    const record = createDeviceRecord({ deviceId, kind: row.kind(config), driver, world, log, emit });
    return { load: () => row.load(config, world, assignments), duplicates: createDuplicateReads(), record };
  });
  let running: Promise<unknown> = Promise.resolve();

  function run({ load, ...device }: OneDevice & { readonly load: () => Promise<Driver> }): Promise<void> {
    return supervise({
      world,
      signal: ending.signal,
      load,
      state: (state) => device.record.state(state),
      read: (read, arrivedMs) => handle(device, read, arrivedMs),
    });
  }

  /** Whatever goes wrong with one read must not look like a fault of the device. */
  async function handle({ record, duplicates }: OneDevice, read: DeviceRead, arrivedMs?: number): Promise<void> {
    const { deviceId } = record.view();
    try {
      record.read(read);
      const repeated = duplicates.isRepeated(read, arrivedMs ?? world.monotonicMs());
      await handleRead(read, { deviceId, repeated }, { consumers, emit, log });
      if (arrivedMs !== undefined) record.recordLatency(world.monotonicMs() - arrivedMs);
    } catch (error) {
      log.error("a read was not handled", { deviceId, error });
    }
  }

  return {
    start() {
      running = Promise.all(devices.map(run));
    },
    list: () => devices.map(({ record }) => record.view()),
    async stop() {
      ending.abort();
      await running;
    },
  };
}

interface OneDevice {
  readonly record: DeviceRecord;
  readonly duplicates: DuplicateReads;
}

/** Named by driver and place in the configuration, so that a device keeps its name over restarts and replugs. */
function identified(configs: readonly NamedDevice[]) {
  const counts = new Map<string, number>();
  return configs.map((config) => {
    const number = (counts.get(config.driver) ?? 0) + 1;
    counts.set(config.driver, number);
    return { deviceId: `${config.driver}-${number}`, config };
  });
}
