import { watch } from "node:fs";
import { readlink, stat } from "node:fs/promises";
import { platform } from "node:os";
import type { Clock } from "./clock.ts";

/** How often to look where the system does not report changes, and where it does but may have missed one. */
const lookEveryMs = { unwatched: 500, watched: 2000 };

/** Notifies when devices come, go, or may be used by others than before. */
export interface HotplugWatcher {
  /** Resolves after the next change, or after a while without one, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/**
 * Linux reports changes of its device nodes; `name` is what they are called below /dev. Elsewhere the answer is to look again. `pollMs`:
 * how long after the last change to look at the latest, for what the nodes do not show.
 */
export function watchHotplug(name: RegExp, clock: Clock, pollMs?: number): HotplugWatcher {
  let wake = () => {};
  let happened = false;
  const stop = watchNodes(name, () => {
    happened = true;
    wake();
  });
  return {
    async changed(signal) {
      const over = new AbortController();
      const notified = new Promise<void>((resolve) => (wake = resolve));
      const restMs = pollMs ?? (stop === undefined ? lookEveryMs.unwatched : lookEveryMs.watched);
      if (!happened) await Promise.race([notified, clock.sleep(restMs, AbortSignal.any([signal, over.signal]))]);
      over.abort();
      happened = false;
    },
    stop: () => stop?.(),
  };
}

function watchNodes(name: RegExp, listener: () => void): (() => void) | undefined {
  if (platform() !== "linux") return undefined;
  try {
    const watcher = watch("/dev", (_, file) => file !== null && name.test(file) && listener());
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return undefined;
  }
}

/**
 * Where a device is plugged in, such as "1-2.4" (bus, then the port of each hub): stays the same when the device gets another
 * number. Undefined where the system does not say.
 */
export async function usbPlaceOf(node: string): Promise<string | undefined> {
  try {
    const { rdev, mode } = await stat(node);
    if ((mode & 0o170_000) !== 0o020_000) return undefined;
    const [major, minor] = [Math.floor(rdev / 256), rdev % 256];
    const way = await readlink(`/sys/dev/char/${major}:${minor}`);
    return way.split("/").findLast((part) => /^\d+-\d+(\.\d+)*$/.test(part));
  } catch {
    return undefined;
  }
}

/** Distinguishes a device node from another that takes its place, and from itself once others may use it. */
export async function nodeIdentity(node: string): Promise<string> {
  try {
    const { ino, rdev, ctimeMs } = await stat(node);
    return `${node} ${ino} ${rdev} ${ctimeMs}`;
  } catch {
    return node;
  }
}
