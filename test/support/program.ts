import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { programFile } from "./bundle.ts";
import { checkout } from "./imports.ts";

export interface ProgramOptions {
  /** Besides what the program needs to be found. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For Node itself. */
  readonly nodeOptions?: readonly string[];
  /** A file's descriptor, to be stderr instead of a pipe. */
  readonly stderr?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own. Nothing of the tests' environment reaches it. */
export class Program {
  readonly process: ChildProcess;
  /** The first line on stdout. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Ended>;

  constructor(words: readonly string[], { environment = {}, nodeOptions = [], stderr }: ProgramOptions = {}) {
    const { PATH = "", HOME = "", TMPDIR = tmpdir() } = process.env;
    const caches = { XDG_CACHE_HOME: join(checkout, ".cache") };
    const child = spawn(process.execPath, [...nodeOptions, programFile, ...words], {
      env: { PATH, HOME, TMPDIR, ...caches, ...environment },
      stdio: ["ignore", "pipe", stderr ?? "pipe"],
    });
    this.process = child;
    this.firstLine = firstLineOf(child);
    this.ended = endOf(child);
  }

  async port(): Promise<number> {
    const line = await this.firstLine;
    const port = /^tillbridge ready ws:\/\/127\.0\.0\.1:(\d+)\/v1$/.exec(line)?.[1];
    if (port === undefined) throw new Error(`not ready: ${line} ${(await this.ended).stderr}`);
    return Number(port);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** Runs to the end. */
export function runProgram(words: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return new Program(words, options).ended;
}

async function firstLineOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) return "";
  const lines = createInterface({ input: stdout });
  // `close` comes with nothing, `line` with one text.
  const [line = ""] = (await Promise.race([once(lines, "line"), once(lines, "close")])) as [string?];
  return line;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  const [out, err, [code, signal]] = await Promise.all([
    // A test may close a pipe before its end.
    stdout ? text(stdout).catch(() => "") : "",
    stderr ? text(stderr).catch(() => "") : "",
    once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, stdout: out, stderr: err };
}
