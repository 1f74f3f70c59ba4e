import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { type TargetPlatform, platforms } from "./plan.ts";
import { keyIn, type RegistryKey } from "./windows/reg-query.ts";

/** What a plan is made from: the computer as it is. Nothing here changes it. */
export interface SystemView {
  /** Undefined when there is no such file. Rejects when it may not be read. */
  text(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted as bytes; none when there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  isThere(path: string): Promise<boolean>;
  /** A key of Windows' registry; undefined when there is no such key. */
  registry(key: string): Promise<RegistryKey | undefined>;
  /** What a program prints, or undefined when it is not there or ends with an error. */
  output(command: readonly string[]): Promise<string | undefined>;
}

/** The computer, as a plan is carried out on it. */
export interface System extends SystemView {
  /** Whole or not at all: no process ever sees half a file. */
  write(path: string, content: string, mode: string): Promise<void>;
  makeFolder(path: string, mode: string | undefined): Promise<void>;
  /** In place of what is there, which stays until the copy is whole. */
  copyFolder(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Resolves to whether it is gone. */
  removeEmpty(folder: string): Promise<boolean>;
  removeWhole(folder: string): Promise<void>;
  /** Resolves to the exit code; 127 when there is no such program. `said`: the last of what it printed. */
  run(command: readonly string[]): Promise<{ readonly code: number; readonly said: string }>;
  pause(ms: number): Promise<void>;
}

const runMsMax = 120_000;
const outputBytesMax = 4 * 1024 * 1024;
const saidLengthMax = 500;
/** As a shell says that there is no such program. */
export const noSuchProgram = 127;

/** `root`: where the computer's files begin; another place than `/` only for tests and images. */
export function thisSystem(root = "/"): System {
  const at = (path: string) => (root === "/" ? path : join(root, path));
  return {
    text: (path) => readFile(at(path), "utf8").catch(absent(undefined)),
    names: async (folder) =>
      (await readdir(at(folder)).catch(absent([]))).toSorted((one, other) => (one < other ? -1 : 1)),
    isThere: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
    registry: async (key) => {
      const { code, said } = await run(["reg.exe", "query", key], outputBytesMax);
      return code === 0 ? keyIn(said) : undefined;
    },
    output: async (command) => {
      const { code, said } = await run(command, outputBytesMax);
      return code === 0 ? said : undefined;
    },
    async write(path, content, mode) {
      await makeFolders(dirname(at(path)));
      const part = `${at(path)}.part`;
      await writeFile(part, content, { mode: Number.parseInt(mode, 8), flush: true });
      await chmod(part, Number.parseInt(mode, 8));
      await rename(part, at(path));
    },
    async makeFolder(path, mode) {
      await makeFolders(at(path));
      if (mode !== undefined) await chmod(at(path), Number.parseInt(mode, 8));
    },
    async copyFolder(from, to) {
      const part = `${at(to)}.part`;
      await rm(part, { recursive: true, force: true });
      await cp(at(from), part, { recursive: true, verbatimSymlinks: true });
      await rm(at(to), { recursive: true, force: true });
      await rename(part, at(to));
    },
    remove: (path) => rm(at(path), { force: true }),
    removeEmpty: (folder) =>
      rmdir(at(folder)).then(
        () => true,
        () => false,
      ),
    removeWhole: (folder) => rm(at(folder), { recursive: true, force: true }),
    run: (command) => run(command, saidLengthMax),
    pause: (ms) => setTimeout(ms),
  };
}

/** Whatever the user's umask: a browser is not root's, and must find its way to what lies below. */
async function makeFolders(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

/** What `node:os` calls each system. */
const nodeNames: Readonly<Record<TargetPlatform, string>> = { linux: "linux", windows: "win32", macos: "darwin" };

/** Any other system is taken for Linux. */
export function thisPlatform(): TargetPlatform {
  return platforms.find((name) => nodeNames[name] === platform()) ?? "linux";
}

/** Nothing there; a file where a folder is looked for; a folder where a file is. */
const absentCodes = ["ENOENT", "ENOTDIR", "EISDIR"];

function absent<Value>(instead: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && absentCodes.includes(String(error.code))) return instead;
    throw error;
  };
}

async function run(
  [program = "", ...rest]: readonly string[],
  lengthMax: number,
): Promise<{ code: number; said: string }> {
  try {
    const options = { timeout: runMsMax, maxBuffer: outputBytesMax, windowsHide: true };
    const { stdout } = await promisify(execFile)(program, rest, options);
    return { code: 0, said: stdout.slice(-lengthMax) };
  } catch (error) {
    return failureOf(error, lengthMax);
  }
}

function failureOf(error: unknown, lengthMax: number): { code: number; said: string } {
  if (!(error instanceof Error && "code" in error)) throw error;
  if (error.code === "ENOENT") return { code: noSuchProgram, said: "" };
  const said = "stderr" in error && "stdout" in error ? `${String(error.stdout)}${String(error.stderr)}` : "";
  return { code: typeof error.code === "number" ? error.code : 1, said: said.trim().slice(-lengthMax) };
}
