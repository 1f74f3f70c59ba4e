import { watch } from "node:fs";
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { withDeadline } from "../../deadline.ts";
import { sleep } from "../../world.ts";
import { type ChildProgram, startProgram } from "../till/program.ts";
import type { DemoDevice } from "./settings.ts";

/** A scanner that is no hardware. */
export interface ScannerLine {
  readonly device: DemoDevice;
  /** Reads a code: its text and the carriage return that scanners send after it. */
  scan(text: string): void;
  close(): Promise<void>;
}

const appearMsMax = 5_000;

/**
 * Lays a serial line, which the daemon opens like any serial port: socat makes a pty, called `path`, and passes on what we write to
 * it. Rejects when it cannot.
 */
export async function layScannerLine(path: string): Promise<ScannerLine> {
  // What socat says, and to whom, depends on its version; all that matters is whether the line is there.
  const line = startProgram("socat", ["-u", "STDIN", `PTY,rawer,link=${path}`], {
    environment: undefined,
    stderr: "ignore",
  });
  try {
    await appeared(path, line);
  } catch (error) {
    await line.kill();
    throw error;
  }
  return {
    device: { driver: "serial-scanner", path, baudRate: 9600 },
    scan: (text) => void line.input.write(`${text}\r`),
    close: () => line.stop(1_000),
  };
}

/** Resolves when the pty is there. */
async function appeared(path: string, line: ChildProgram): Promise<void> {
  const waiting = new AbortController();
  const there = new Promise<void>((resolve, reject) => {
    const look = () => access(path).then(resolve, () => {});
    watch(dirname(path), { signal: waiting.signal }, () => void look());
    void look();
    void line.ended.then(() => reject(new Error("socat ended before it had made the scanner's serial line")));
  });
  try {
    await withDeadline({ sleep }, appearMsMax, there, () => {
      throw new Error("socat did not make the scanner's serial line in time");
    });
  } finally {
    waiting.abort();
  }
}
