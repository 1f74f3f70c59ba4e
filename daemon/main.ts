import { existsSync, mkdirSync, statSync, writeSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { pathToFileURL } from "node:url";
import type { Host } from "./cli/command.ts";
import type { Kit } from "./cli/kit.ts";
import { realWorld, sleep } from "./world.ts";

// The process: arguments, environment, signals, exit code. The rest is loaded when the compile cache is on.

type CrashListener = (error: unknown) => void;

const stdinDescriptor = 0;
const stderrDescriptor = 2;
/** A reader that does not take what was printed must not keep the process from ending. */
const flushMsMax = 1000;
/** The developer's kit: in a bundle, and in a checkout. */
const kitPrograms = ["devkit.mjs", "devkit/devkit.ts"];
/** SIGBREAK is Node's name for Ctrl+Break on Windows; elsewhere it is not sent. */
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"] as const;

async function main(): Promise<void> {
  const crashListeners: CrashListener[] = [];
  const crash = endWith(crashListeners);
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  surviveClosedPipes();
  noInspectorOnRequest();
  keepCompiled();
  try {
    const { runProgram } = await import("./cli/program.ts");
    const code = await runProgram(process.argv.slice(2), hostOf(crashListeners), loadKit);
    await flushed();
    process.exit(code);
  } catch (error) {
    crash(error);
  }
}

function hostOf(crashListeners: CrashListener[]): Host {
  return {
    environment: process.env,
    nodeOptions: process.execArgv,
    world: realWorld(),
    stop: askedToStop(),
    stdin: () => process.stdin,
    isTerminal: isatty(stdinDescriptor) && isatty(stderrDescriptor),
    stderr: process.stderr,
    print: (line) => void process.stdout.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    kill: () => void process.kill(process.pid, "SIGKILL"),
    onCrash: (tell) => void crashListeners.push(tell),
  };
}

/** By its place alone, so that no import leads from the till to the kit, and a package without it is whole. */
async function loadKit(): Promise<Kit | undefined> {
  const file = kitPrograms.map((name) => join(import.meta.dirname, name)).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  // A program of the same build, whose table has this type.
  const { kitCommands } = (await import(pathToFileURL(file).href)) as { kitCommands: Kit };
  return kitCommands;
}

/** The first signal stops the daemon in order; the second ends it at once. */
function askedToStop(): AbortSignal {
  const asked = new AbortController();
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(1);
      asked.abort();
    });
  }
  return asked.signal;
}

/** After an unexpected error nothing can be trusted but the journal: report it, and let the service start anew. */
function endWith(crashListeners: readonly CrashListener[]): (error: unknown) => never {
  return (error) => {
    try {
      for (const tell of crashListeners) tell(error);
      if (crashListeners.length === 0)
        writeSync(stderrDescriptor, `tillbridge: unexpected ${error instanceof Error ? error.stack : "error"}\n`);
    } catch {
      // The last words could not be written; the exit code still says so.
    }
    process.exit(1);
  };
}

/** The reader of our output has gone. That is no reason to stop selling. */
function surviveClosedPipes(): void {
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
}

/** Node opens its inspector on this signal, to anybody on this computer. A listener of our own takes its place. */
function noInspectorOnRequest(): void {
  if (process.platform !== "win32") process.on("SIGUSR1", () => undefined);
}

/** Starts faster from the second time on. Never in a folder where another user could leave code for us. */
function keepCompiled(): void {
  try {
    const folder = process.env["CACHE_DIRECTORY"]?.split(":")[0] || join(cacheHome(), "tillbridge");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    if (ours) enableCompileCache(join(folder, "compiled"));
  } catch {
    // It only starts a little slower.
  }
}

function cacheHome(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  return (process.platform === "win32" ? LOCALAPPDATA : XDG_CACHE_HOME) || join(homedir(), ".cache");
}

/** What was printed into a pipe is on its way until then. */
async function flushed(): Promise<void> {
  const written = new Promise<void>((resolve) => {
    process.stdout.write("", () => process.stderr.write("", () => resolve()));
    void sleep(flushMsMax).then(resolve);
  });
  await written;
}

await main();
