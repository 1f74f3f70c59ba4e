import type { DeviceRead } from "../../drivers/driver.ts";
import type { Logger } from "../log/logger.ts";
import type { BridgeEvent } from "../protocol/events.ts";
import type { DeviceView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { createLatency } from "./latency.ts";
import type { DeviceState } from "./supervise.ts";

interface Options extends Pick<DeviceView, "deviceId" | "kind" | "driver"> {
  readonly world: World;
  readonly log: Logger;
  readonly emit: (event: BridgeEvent) => void;
}

/** What is known of one device. Published as `device.changed` when something is new that a person would want to see. */
export interface DeviceRecord {
  view(): DeviceView;
  state(next: DeviceState): void;
  read(read: DeviceRead): void;
  /** A read has been published that came so long ago. */
  recordLatency(ageMs: number): void;
}

export function createDeviceRecord({ deviceId, kind, driver, world, log, emit }: Options): DeviceRecord {
  const statistics = { reads: 0, errors: 0, losses: 0 };
  const latency = createLatency();
  let shown: Omit<DeviceState, "cause"> & { readonly name: string } = { state: "connecting", name: driver };
  let lastSeenAt: string | undefined;

  function view(): DeviceView {
    return {
      deviceId,
      kind,
      driver,
      ...shown,
      ...(lastSeenAt !== undefined && { lastSeenAt }),
      statistics: { ...statistics, ...latency.figures() },
    };
  }

  function show(next: typeof shown): boolean {
    const isNew = next.state !== shown.state || next.detail !== shown.detail || next.name !== shown.name;
    shown = next;
    if (isNew) emit({ event: "device.changed", params: { device: view() } });
    return isNew;
  }

  function state({ cause, ...next }: DeviceState): void {
    if (next.state !== "ready" && shown.state === "ready") statistics.losses += 1;
    if (next.state === "ready") seen();
    const isNew = show({ ...next, name: next.name ?? shown.name });
    if (!isNew) return;
    const fields = { deviceId, state: next.state, detail: next.detail, ...(cause !== undefined && { error: cause }) };
    if (next.state === "ready") log.info("device ready", fields);
    else log.warn("device not there", fields);
  }

  function read(read: DeviceRead): void {
    if (read.kind === "failed") {
      statistics.errors += 1;
      show({ ...shown, detail: `last read failed: ${read.detail}` });
      return;
    }
    seen();
    statistics.reads += 1;
    if (shown.detail !== undefined) show({ state: shown.state, name: shown.name });
  }

  function seen(): void {
    lastSeenAt = new Date(world.now()).toISOString();
  }

  return { view, state, read, recordLatency: (ageMs) => latency.add(ageMs) };
}
