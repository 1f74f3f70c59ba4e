import { type DeviceConnection, DeviceFailed, DeviceLost, type DeviceRead, type Driver } from "../../drivers/driver.ts";
import type { DeviceView } from "../protocol/values.ts";
import type { World } from "../world.ts";
import { withDeadline } from "../deadline.ts";
import { errorCode } from "../errno.ts";

export interface SuperviseOptions {
  readonly world: World;
  /** Ends it all: the connection is closed, and `supervise` returns. */
  readonly signal: AbortSignal;
  load(): Promise<Driver>;
  /** Called at each step, also when nothing is new. */
  state(state: DeviceState): void;
  /**
   * The next read is taken from the device when this has resolved. Must not reject. `arrivedMs`: when the device had it ready, on
   * the world's monotonic clock, where the driver can tell.
   */
  read(read: DeviceRead, arrivedMs?: number): Promise<void>;
}

export interface DeviceState {
  readonly state: DeviceView["state"];
  /** For people; holds no path. */
  readonly detail?: string;
  /** What the device calls itself, once it is connected. */
  readonly name?: string;
  /** An unexpected error of a driver. For the log only. */
  readonly cause?: unknown;
}

/** A plug that is put in is seen as at once. */
const firstWaitMs = 200;
/** A device that cannot be noticed when it comes is back within seconds. */
const waitMsMax = 5000;
/** A device that holds this long, or reads anything, is well again: after its next loss it is tried at once. */
const stableAfterMs = 5000;
/** The slowest that was measured took 3 s, in an emulated computer. */
const openMsMax = 10_000;
/** A device that hangs must not keep the till from ending. */
const closeMsMax = 2000;

/**
 * The one reconnect loop: keeps a device connected for as long as `signal` lets it. Never gives up, and whatever a driver
 * does harms only its own device. Between tries it waits 0.2 s, then twice as long each time, up to 5 s; when the driver
 * notices that the device has come, it tries at once.
 */
export async function supervise(device: SuperviseOptions): Promise<void> {
  const found: { driver?: Driver } = {};
  try {
    await superviseDriver(device, found);
  } finally {
    const { driver } = found;
    if (driver?.end) await endInTime(driver.end(), device.world);
  }
}

async function superviseDriver(device: SuperviseOptions, found: { driver?: Driver }): Promise<void> {
  const { world, signal } = device;
  let failures = 0;
  while (!signal.aborted) {
    const stable = { yet: false };
    try {
      const driver = (found.driver ??= await device.load());
      // Loading takes its time, and a past abort is not signalled again.
      if (signal.aborted) return;
      await connectOnce(driver, device, stable);
    } catch (error) {
      if (!signal.aborted) device.state(whatHappened(error));
    }
    if (signal.aborted) return;
    failures = stable.yet ? 1 : failures + 1;
    const arrived = await waitToTry(world, { driver: found.driver, failures, signal });
    if (arrived) failures = 0;
  }
}

/** Opens the device and takes its reads until it is lost. Throws why. */
async function connectOnce(driver: Driver, device: SuperviseOptions, stable: { yet: boolean }): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  device.signal.addEventListener("abort", end, { once: true });
  let connection: DeviceConnection | undefined;
  try {
    connection = await openInTime(driver, ending, device.world);
    const openedMs = device.world.monotonicMs();
    device.state({ state: "ready", name: connection.name });
    try {
      for await (const read of connection.reads()) {
        stable.yet = true;
        await device.read(read, connection.arrivedMs?.());
      }
    } finally {
      stable.yet ||= device.world.monotonicMs() - openedMs >= stableAfterMs;
    }
    throw new DeviceLost("ended by itself");
  } finally {
    device.signal.removeEventListener("abort", end);
    end();
    if (connection) await endInTime(connection.close(), device.world);
  }
}

/** A driver that neither opens nor refuses is given up; should it open after all, it is closed. */
async function openInTime(driver: Driver, ending: AbortController, world: World): Promise<DeviceConnection> {
  const opening = driver.open(ending.signal);
  const timer = new AbortController();
  const timeUp = world.sleep(openMsMax, AbortSignal.any([timer.signal, ending.signal])).then(() => undefined);
  const connection = await Promise.race([opening, timeUp]).finally(() => timer.abort());
  if (connection && !ending.signal.aborted) return connection;
  ending.abort();
  opening.then((late) => late.close()).catch(() => undefined);
  throw new DeviceFailed("does not answer");
}

/** What closes a device may never end, or fail. */
async function endInTime(ending: Promise<void>, world: World): Promise<void> {
  const ended = ending.catch(() => undefined);
  await withDeadline(world, closeMsMax, ended, () => undefined);
}

function whatHappened(error: unknown): DeviceState {
  if (error instanceof DeviceLost) return { state: "lost", detail: error.message };
  if (error instanceof DeviceFailed) return { state: "failed", detail: error.message };
  const detail = isLoadFailure(error)
    ? "its driver could not be loaded: set the till's program up again (scripts/setup)"
    : "its driver has failed: the reason is in the log";
  return { state: "failed", detail, cause: error };
}

function isLoadFailure(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ERR_DLOPEN_FAILED" || code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}

interface Waiting {
  readonly driver: Driver | undefined;
  readonly failures: number;
  readonly signal: AbortSignal;
}

/** Whether the wait ended because the device has come. Even then it lasts as long as the first wait, so that nothing spins. */
async function waitToTry(world: World, { driver, failures, signal }: Waiting): Promise<boolean> {
  const fullMs = Math.min(waitMsMax, firstWaitMs * 2 ** Math.min(failures - 1, 10));
  // Jitter: many devices on one hub that comes back are not all opened in the same moment.
  const waitMs = fullMs * (0.75 + 0.25 * world.chance());
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener("abort", stop, { once: true });
  const arrival = arrivalOf(driver, over.signal);
  await world.sleep(Math.min(waitMs, firstWaitMs), over.signal);
  const arrived = await Promise.race([
    arrival,
    world.sleep(Math.max(0, waitMs - firstWaitMs), over.signal).then(() => false),
  ]);
  signal.removeEventListener("abort", stop);
  stop();
  return arrived;
}

function arrivalOf(driver: Driver | undefined, signal: AbortSignal): Promise<boolean> {
  const never = new Promise<boolean>(() => {});
  if (driver?.arrival === undefined) return never;
  return driver.arrival(signal).then(
    () => true,
    () => never,
  );
}
