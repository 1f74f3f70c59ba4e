import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Logger } from "./logger.ts";
import type { World } from "./world.ts";

/** Tells whoever started the service how it is doing. Nothing here fails or waits: a till sells without a service manager too. */
export interface Lifecycle {
  /** Ready to serve. From now on the service manager is told regularly that the daemon is alive, if it wants to know. */
  ready(status: string): void;
  stopping(): void;
}

export interface LifecycleOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly world: World;
  readonly log: Logger;
  /** Aborts when the daemon stops: no more signs of life. */
  readonly stop: AbortSignal;
  /** Runs systemd-notify with these words. */
  readonly notify?: (words: readonly string[]) => Promise<unknown>;
}

const notifyMsMax = 5000;
/** Node has no unix datagram sockets, so systemd's own program speaks for us; only Debian's folders are searched for it. */
const systemFolders = "/usr/bin:/bin";

/** Under systemd (`Type=notify`, `NotifyAccess=all`): ready, stopping, and WatchdogSec. Elsewhere nothing. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { environment, log } = options;
  const socket = environment["NOTIFY_SOCKET"];
  if (!socket) return { ready: () => undefined, stopping: () => undefined };
  const notify = options.notify ?? ((words) => systemdNotify(socket, words));
  const tell = async (...words: string[]) => {
    await notify(words).catch((error: unknown) => log.warn("systemd could not be told", { words, error }));
  };
  return {
    ready(status) {
      void tell("--ready", `--status=${status}`);
      void beat(options, () => tell("WATCHDOG=1"));
    },
    // As a variable: systemd-notify has an option for it only since systemd 254.
    stopping: () => void tell("STOPPING=1"),
  };
}

/** Half of the time that systemd allows, as sd_watchdog_enabled(3) advises. A loop that hangs falls silent by itself. */
async function beat({ environment, world, stop }: LifecycleOptions, alive: () => Promise<void>): Promise<void> {
  const periodMs = Number(environment["WATCHDOG_USEC"] ?? 0) / 2000;
  if (!(periodMs > 0)) return;
  while (!stop.aborted) {
    await alive();
    await world.sleep(periodMs, stop);
  }
}

async function systemdNotify(socket: string, words: readonly string[]): Promise<void> {
  const env = { NOTIFY_SOCKET: socket, PATH: systemFolders };
  await promisify(execFile)("systemd-notify", words, { env, timeout: notifyMsMax });
}
