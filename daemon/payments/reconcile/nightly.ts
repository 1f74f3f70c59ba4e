import type { Logger } from "../../log/logger.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import type { SweepReport, SweepStore } from "../ports/sweep-store.ts";

export interface NightlyPorts {
  readonly world: World;
  readonly log: Logger;
  readonly sweeps: Pick<SweepStore, "last">;
  readonly sweep: (stop: AbortSignal) => Promise<SweepReport | undefined>;
}

/** An hour. */
const hourMs = 3_600_000;
/** A till that was just switched on has customers waiting. */
const afterStartMs = 120_000;
/** The hour of the night is met four times over. */
const lookMs = 900_000;
/** By night once a day; by day when the till was off at night. */
const byNightMs = 20 * hourMs;
const byDayMs = 26 * hourMs;
const nightHours = [2, 3, 4, 5];

/**
 * Sweeps once a day, at night where the till is on then, else soon after it is switched on. The wall clock only chooses the hour;
 * how long ago the last sweep was goes by the clock that never jumps, as far as this process has seen it. Ends when `stop` aborts.
 */
export async function sweepNightly(ports: NightlyPorts, stop: AbortSignal): Promise<void> {
  const { world } = ports;
  await world.sleep(afterStartMs, stop);
  let lastMs = await lastSweep(ports);
  while (!stop.aborted) {
    if (isDue(world, lastMs) && (await sweepOnce(ports, stop))) lastMs = world.monotonicMs();
    if (!stop.aborted) await world.sleep(lookMs, stop);
  }
}

/** When the last sweep of an earlier life was, on this life's clock. One in the future was made before the clock was put back. */
async function lastSweep({ world, sweeps }: NightlyPorts): Promise<number> {
  const [last] = await sweeps.last(1).catch(() => []);
  const agoMs = last === undefined ? Number.NaN : world.now() - last.at;
  return agoMs >= 0 ? world.monotonicMs() - agoMs : Number.NEGATIVE_INFINITY;
}

function isDue(world: World, lastMs: number): boolean {
  const agoMs = world.monotonicMs() - lastMs;
  return agoMs >= byDayMs || (agoMs >= byNightMs && nightHours.includes(new Date(world.now()).getHours()));
}

/** Whether it came to its end. */
async function sweepOnce({ log, sweep }: NightlyPorts, stop: AbortSignal): Promise<boolean> {
  try {
    const found = await sweep(stop);
    if (found) log.info("swept", { ...found });
    return found !== undefined;
  } catch (error) {
    // The journal cannot be read or written now: then later.
    if (!(error instanceof BridgeError)) throw error;
    log.warn("the sweep could not be finished", { code: error.code });
    return false;
  }
}
