import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { until } from "./until.ts";

/** Whoever reads from this process until it ends, and not longer: esbuild's service, the shell that speaks with systemd. */
const endsByItself = /\besbuild\b.* --service=|^\/bin\/sh -c\s+while IFS= read /;
const endsMsMax = 30_000;
const wordsShownMax = 200;

/**
 * Lines that say what is still there of whoever had `folder` as the place for temporary files: processes, which are ended now, and files,
 * which are removed. What is about to end is waited for.
 */
export async function takeLeftBehind(folder: string, msMax = endsMsMax): Promise<string[]> {
  const isGone = async () => (await processesOf(folder)).length === 0;
  await until(isGone, "the end of all processes", msMax).catch(() => undefined);
  const processes = await processesOf(folder);
  for (const { pid } of processes) endAtOnce(pid);
  const files = await readdir(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  return [
    ...processes.map(({ pid, words }) => `process ${pid}: ${words.slice(0, wordsShownMax)}`),
    ...files.map((name) => `file ${name}`),
  ];
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

interface LeftProcess {
  readonly pid: number;
  readonly words: string;
}

/** Told by their command line, their environment (which children take over) and where they work. */
async function processesOf(folder: string): Promise<LeftProcess[]> {
  const found: LeftProcess[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const words = (await read(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim();
    if (words === "" || endsByItself.test(words)) continue;
    const environment = await read(`/proc/${pid}/environ`);
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if ([words, environment, place].some((text) => text.includes(folder))) found.push({ pid, words });
  }
  return found;
}

/** Empty for a process that has ended, and for one of another user. */
function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
