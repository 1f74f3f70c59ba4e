import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A serial port that is no hardware: a pty made by socat. What is written here arrives at `path`. */
export interface Pty {
  readonly path: string;
  write(bytes: string | Uint8Array): Promise<void>;
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

  async function plug(): Promise<void> {
    socat = spawn("socat", [`pty,raw,echo=0,link=${path}`, "stdio"], { stdio: ["pipe", "ignore", "ignore"] });
    // Writing to one that was just unplugged is the test's business, no reason to end the test run.
    socat.stdin?.on("error", () => {});
    while (!(await exists(path))) {
      if (socat.exitCode !== null) throw new Error("socat has ended");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
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

  await plug();
  return {
    path,
    write: (bytes) => new Promise((resolve) => socat?.stdin?.write(bytes, () => resolve())),
    plug,
    unplug,
    async remove() {
      await unplug();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
