import type { Clock } from "../clock.ts";
import { DeviceFailed, DeviceLost } from "../driver.ts";
import { denied, ReaderHost } from "./reader-host.ts";
import { askService } from "./smart-card-service.ts";

/** A process in which the service never answered is followed by another after so long, then twice as long. */
const restartMs = { first: 500, max: 8000 };

/** The reader process, kept from one connection to the next for as long as it is well. */
export interface HostSupervisor {
  /** The one that runs, or a new one. Throws `DeviceFailed` or `DeviceLost` when there can be none now. */
  running(signal: AbortSignal): Promise<ReaderHost>;
  /** Resolves when the process is gone, if there was one. */
  end(): Promise<void>;
}

export function superviseHost(socket: string | undefined, clock: Clock): HostSupervisor {
  let host: ReaderHost | undefined;
  let waitMs = 0;
  let restartAtMs = 0;
  let reason: Error = new DeviceLost("given up");

  function reap(dead: ReaderHost): void {
    host = undefined;
    reason = dead.over ?? reason;
    waitMs = dead.wasHealthy ? 0 : Math.min(restartMs.max, Math.max(restartMs.first, waitMs * 2));
    restartAtMs = clock.monotonicMs() + waitMs;
  }

  async function running(signal: AbortSignal): Promise<ReaderHost> {
    if (host?.over) reap(host);
    if (host) return host;
    if (clock.monotonicMs() < restartAtMs) throw reason;
    const service = await askService(socket);
    if (service === "denied") throw denied();
    if (service === "away") throw notRunning();
    if (signal.aborted) throw new DeviceLost("given up");
    host ??= ReaderHost.start(clock, socket);
    return host;
  }

  return {
    running,
    async end() {
      await host?.end();
    },
  };
}

function notRunning(): DeviceFailed {
  return new DeviceFailed("the smart-card service does not run: run tillbridge doctor");
}
