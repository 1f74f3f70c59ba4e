import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

/** A serial port that is no hardware: a pty made by socat. What is written here arrives at `path`. */
export interface Pty {
  readonly path: string;
  write(bytes: string | Uint8Array): Promise<void>;
  /** How many bytes of what was written have not arrived yet: on their way, or held back because the port is not read on. */
  undelivered(): number;
  /** The port is not read on, and takes no more. */
  holdsBack(): boolean;
  /** As when the cable is pulled: the port hangs up and its name is gone. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Unplugs and cleans up. */
  remove(): Promise<void>;
}

export async function openPty(): Promise<Pty> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-pty-"));
  const path = join(folder, "scanner");
  let socat: ChildProcess | undefined;
  let written = 0;

  async function plug(): Promise<void> {
    socat = spawn("socat", [`pty,raw,echo=0,link=${path}`, "stdio"], { stdio: ["pipe", "ignore", "ignore"] });
    // Writing to one that was just unplugged is the test's business, no reason to end the test run.
    socat.stdin?.on("error", () => {});
    const started = socat;
    written = 0;
    await until(() => existsSync(path) || started.exitCode !== null, "the name of the port");
    if (started.exitCode !== null) throw new Error("socat has ended");
  }

  async function unplug(): Promise<void> {
    const ending = socat;
    socat = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = once(ending, "exit");
    ending.kill("SIGKILL");
    await ended;
    await rm(path, { force: true });
  }

  function undelivered(): number {
    const { pid = 0 } = socat ?? {};
    return written - Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
  }

  await plug();
  return {
    path,
    write(bytes) {
      written += Buffer.byteLength(bytes);
      return new Promise((resolve) => socat?.stdin?.write(bytes, () => resolve()));
    },
    undelivered,
    // Asleep though there is something to pass on: one that a busy machine starves is ready to run.
    holdsBack: () => undelivered() > 0 && / S /.test(readFileSync(`/proc/${socat?.pid ?? 0}/stat`, "utf8")),
    plug,
    unplug,
    async remove() {
      await unplug();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
