import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";

/** A program that the demo started. */
export interface ChildProgram {
  readonly process: ChildProcess;
  /** The program's input, always a pipe. */
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when the program has ended. */
  readonly ended: Promise<void>;
  /** Asks it to end; after `graceMs` it is made to. */
  stop(graceMs: number): Promise<void>;
  /** The plug is pulled: SIGKILL, nothing is flushed, nobody is told. */
  kill(): Promise<void>;
}

interface ProgramOptions {
  /** Undefined: ours. Never left out, for an environment in place of these options would pass for them. */
  readonly environment: NodeJS.ProcessEnv | undefined;
  /** Where it complains: with us, or to nobody. */
  readonly stderr?: "inherit" | "ignore";
}

const setpriv = "/usr/bin/setpriv";

/** Starts a program that cannot outlive us: the kernel kills it when we die, even when we are killed ourselves. */
export function startProgram(
  command: string,
  args: readonly string[],
  { environment, stderr = "inherit" }: ProgramOptions,
): ChildProgram {
  const guarded = existsSync(setpriv);
  const child = spawn(guarded ? setpriv : command, guarded ? ["--pdeathsig", "KILL", command, ...args] : args, {
    stdio: ["pipe", "pipe", stderr],
    ...(environment && { env: environment }),
  });
  // What is written to a program that has just ended is of no use to anybody.
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = () => {
    child.kill("SIGKILL");
    return ended;
  };
  const stop = async (graceMs: number) => {
    child.kill("SIGTERM");
    await withDeadline({ sleep }, graceMs, ended, kill);
  };
  return { process: child, input: child.stdin, output: child.stdout, ended, stop, kill };
}
