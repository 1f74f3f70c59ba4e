import { execFile } from "node:child_process";
import { connect } from "node:net";
import { platform } from "node:os";
import { promisify } from "node:util";
import type { Clock } from "../clock.ts";

/** Where pcscd listens on Linux, unless the settings say otherwise. */
const usualSocket = "/run/pcscd/pcscd.comm";
/** The service answers at once, or has to be started first. */
const answerMsMax = 2000;

export type ServiceState = "answers" | "denied" | "away";

/**
 * Whether the system's smart-card service can be used: asked before nfc-pcsc is started, which would wait for it for ever at full
 * speed. On Linux a systemd that listens for pcscd starts it now. On macOS there is nothing to ask: the service is always there.
 */
export async function askService(socket = usualSocket): Promise<ServiceState> {
  if (platform() === "win32") return askWindows();
  return platform() === "linux" ? askSocket(socket) : "answers";
}

function askSocket(path: string): Promise<ServiceState> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const answer = (state: ServiceState) => {
      socket.destroy();
      resolve(state);
    };
    socket.setTimeout(answerMsMax, () => answer("away"));
    socket.on("connect", () => answer("answers"));
    socket.on("error", (error) => answer("code" in error && error.code === "EACCES" ? "denied" : "away"));
  });
}

/**
 * Resolves when the service goes away. nfc-pcsc does not always notice: a thread of its own may ask on and on. On Linux a
 * connection that asks nothing lasts as long as the service; Windows is asked again and again; elsewhere this never resolves.
 */
export function serviceGone(clock: Pick<Clock, "sleep">, socket = usualSocket): Promise<void> {
  if (platform() === "win32") return untilAway(askWindows, clock);
  if (platform() !== "linux") return new Promise(() => {});
  return new Promise((resolve) => {
    const watch = connect({ path: socket });
    watch.on("error", () => undefined);
    watch.on("close", () => resolve());
  });
}

/** Windows sends no notice when the service stops. */
const askEveryMs = 3000;

/** Resolves when the answer is no any more. */
export async function untilAway(ask: () => Promise<ServiceState>, clock: Pick<Clock, "sleep">): Promise<void> {
  do await clock.sleep(askEveryMs);
  while ((await ask()) === "answers");
}

/** Windows stops the service when the last reader leaves, and starts it when one comes. */
async function askWindows(): Promise<ServiceState> {
  try {
    const { stdout } = await promisify(execFile)("sc.exe", ["query", "SCardSvr"], { timeout: answerMsMax });
    return serviceRuns(stdout) ? "answers" : "away";
  } catch {
    return "away";
  }
}

/** Reads what `sc.exe query` prints; the words differ by language, the number does not. */
export function serviceRuns(printed: string): boolean {
  return /:\s*4\s+\S/.test(printed);
}
