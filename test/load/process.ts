import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";

/** A Node program of its own, whose lines are read and whose cost is measured. */
export interface Part {
  readonly pid: number;
  readonly lines: Interface;
  stop(): Promise<void>;
}

export function startPart(words: readonly string[]): Part {
  const child = spawn(process.execPath, ["--max-semi-space-size=1", ...words], { stdio: ["ignore", "pipe", "ignore"] });
  if (!child.pid) throw new Error("a part of the load could not be started");
  return { pid: child.pid, lines: createInterface({ input: child.stdout }), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** Resident memory, as the kernel counts it. */
export function megabytesOf(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 102.4) / 10;
}

const ticksPerSecond = 100;

/** Processor time used so far, in milliseconds. */
export function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
