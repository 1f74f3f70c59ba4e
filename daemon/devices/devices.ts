import { type Claims, createClaims } from "../../drivers/claims.ts";
import type { DeviceRead, Driver } from "../../drivers/driver.ts";
import { type DeviceConfig, kindOf, loadDriver } from "../../drivers/registry.ts";
import type { Logger } from "../log/logger.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { DeviceView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { createDoubleReads, type DoubleReads } from "./double-read.ts";
import { createDeviceRecord, type DeviceRecord } from "./device-record.ts";
import { handleRead, type Takers } from "./handle-read.ts";
import { supervise } from "./supervise.ts";

export interface DevicesPorts {
  readonly devices: readonly DeviceConfig[];
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
  /** Who may want what a device reads before the page gets it. */
  readonly takers: Takers;
  /** How a driver is found; the table of drivers unless a test says otherwise. */
  readonly load?: (config: DeviceConfig, world: World, claims: Claims) => Promise<Driver>;
}

/** The till's devices: each kept connected by itself, its state told as `device.changed`, its reads passed to who wants them. */
export interface Devices {
  /** Starts connecting. Returns at once: no device is worth waiting for. */
  start(): void;
  list(): DeviceView[];
  /** Resolves when every device is closed, or has had its time to. */
  stop(): Promise<void>;
}

export function createDevices(ports: DevicesPorts): Devices {
  const { world, log, emit, takers, load = loadDriver } = ports;
  const ending = new AbortController();
  const claims = createClaims();
  const devices = identified(ports.devices).map(({ deviceId, config }) => ({
    config,
    doubles: createDoubleReads(),
    record: createDeviceRecord({ deviceId, kind: kindOf(config), driver: config.driver, world, log, emit }),
  }));
  let running: Promise<unknown> = Promise.resolve();

  function run({ config, ...device }: OneDevice & { readonly config: DeviceConfig }): Promise<void> {
    return supervise({
      world,
      signal: ending.signal,
      load: () => load(config, world, claims),
      state: (state) => device.record.state(state),
      read: (read, arrivedMs) => handle(device, read, arrivedMs),
    });
  }

  /** Whatever goes wrong with one read must not look like a fault of the device. */
  async function handle({ record, doubles }: OneDevice, read: DeviceRead, arrivedMs?: number): Promise<void> {
    const { deviceId } = record.view();
    try {
      record.read(read);
      const repeated = doubles.isRepeated(read, arrivedMs ?? world.monotonicMs());
      await handleRead(read, { deviceId, repeated }, { takers, emit, log });
      if (arrivedMs !== undefined) record.told(world.monotonicMs() - arrivedMs);
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
  readonly doubles: DoubleReads;
}

/** Named by driver and place in the configuration, so that a device keeps its name over restarts and replugs. */
function identified(configs: readonly DeviceConfig[]) {
  const counts = new Map<string, number>();
  return configs.map((config) => {
    const number = (counts.get(config.driver) ?? 0) + 1;
    counts.set(config.driver, number);
    return { deviceId: `${config.driver}-${number}`, config };
  });
}
