import { createSystemdNotifier, type SystemdNotifier } from "./systemd-notifier.ts";
import type { Logger } from "../log/logger.ts";
import type { World } from "../world.ts";

/** Reports to the service manager how the service is doing. Nothing here fails or waits: a till sells without a service manager too. */
export interface Lifecycle {
  /**
   * Ready to serve. From now on the service manager is pinged regularly, if it has a watchdog, and the computer
   * is asked to stay on while `isBusy`.
   */
  ready(status: string, isBusy: () => boolean): void;
  stopping(): void;
}

export interface LifecycleOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly world: World;
  readonly log: Logger;
  /** Aborts when the daemon stops: no more signs of life. */
  readonly stop: AbortSignal;
  readonly notifier?: SystemdNotifier;
}

/** Before it is ready: a damaged journal of many years is copied first, which takes minutes. */
const startingEveryMs = 15_000;
/** Four times the pace at which it is asked for. */
const startingUsec = 60_000_000;
/** Three signs of life in the time that systemd allows: one that is lost on a busy till does not end the service. */
const pingsPerPeriod = 3;
/** Long before a cashier who has begun a sale can reach the power button. */
const lookEveryMs = 500;
/** A customer who takes longer than this has left. */
const inhibitSecondsMax = 180;

/** Under systemd (`Type=notify`, `NotifyAccess=all`): ready, stopping, WatchdogSec and a shutdown inhibitor. Elsewhere nothing. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { environment, world } = options;
  const socket = environment["NOTIFY_SOCKET"];
  if (!socket) return { ready: () => undefined, stopping: () => undefined };
  const notifier = options.notifier ?? createSystemdNotifier({ socket, world });
  const tell = notifyOrWarn(notifier, options.log);
  const started = new AbortController();
  void extendStartTimeout(world, AbortSignal.any([options.stop, started.signal]), tell);
  return {
    ready(status, isBusy) {
      started.abort();
      void tell("READY=1", `STATUS=${status}`);
      void pingWatchdog(options, () => tell("WATCHDOG=1"));
      void inhibitWhileBusy(options, notifier, isBusy);
    },
    stopping: () => void tell("STOPPING=1", "STATUS=stopping"),
  };
}

/** Warns once that systemd could not be notified, until it can be again. */
function notifyOrWarn(notifier: SystemdNotifier, log: Logger): (...variables: string[]) => Promise<void> {
  let isFailing = false;
  return async (...variables) => {
    try {
      await notifier.notify(...variables);
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn("systemd could not be told", { variables, error });
      isFailing = true;
    }
  };
}

/** However long the start takes, systemd waits on as long as the loop lives. */
async function extendStartTimeout(
  world: World,
  over: AbortSignal,
  tell: (words: string) => Promise<void>,
): Promise<void> {
  while (!over.aborted) {
    await world.sleep(startingEveryMs, over);
    if (!over.aborted) await tell(`EXTEND_TIMEOUT_USEC=${startingUsec}`);
  }
}

/** A loop that hangs falls silent by itself. */
async function pingWatchdog({ environment, world, stop }: LifecycleOptions, alive: () => Promise<void>): Promise<void> {
  const periodMs = Number(environment["WATCHDOG_USEC"] ?? 0) / 1000 / pingsPerPeriod;
  if (!(periodMs > 0)) return;
  while (!stop.aborted) {
    await alive();
    await world.sleep(periodMs, stop);
  }
}

/** From the first sign of a sale to its end, or until it has taken too long to be one. */
async function inhibitWhileBusy(
  { world, log, stop }: LifecycleOptions,
  notifier: SystemdNotifier,
  isBusy: () => boolean,
): Promise<void> {
  let hasWarned = false;
  while (!stop.aborted) {
    await world.sleep(lookEveryMs, stop);
    if (stop.aborted || !isBusy()) continue;
    try {
      await notifier.inhibitShutdown(inhibitSecondsMax);
      while (isBusy() && !stop.aborted) await world.sleep(lookEveryMs, stop);
      await notifier.releaseInhibitor();
    } catch (error) {
      if (!hasWarned) log.warn("the computer cannot be asked to stay on while a payment is open", { error });
      hasWarned = true;
      while (isBusy() && !stop.aborted) await world.sleep(lookEveryMs, stop);
    }
  }
}
