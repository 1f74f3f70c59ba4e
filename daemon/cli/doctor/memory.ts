import { readFile } from "node:fs/promises";
import { type Check, ok, warning } from "./check.ts";

const name = "memory";
/** The till itself needs about 100 MB (docs/performance.md). */
const availableMegabytesMin = 100;
/** Four times what a till uses after a day of sales (docs/performance.md). */
const serviceMegabytesMax = 400;

/** Linux: what stands in files below /proc, in kilobytes; undefined when it is not there. */
export type MemoryFiles = (file: string) => Promise<string>;

export const systemMemory: MemoryFiles = (file) => readFile(`/proc/${file}`, "utf8").catch(() => "");

/** Whether there is memory left, and the service keeps to its own. Nothing where the system does not report it. */
export async function checkMemory(pid: string, read: MemoryFiles = systemMemory): Promise<Check[]> {
  const available = megabytes(await read("meminfo"), "MemAvailable");
  const service = /^[1-9]\d*$/.test(pid) ? megabytes(await read(`${pid}/status`), "VmRSS") : undefined;
  if (available === undefined) return [];
  if (available < availableMegabytesMin)
    return [warning(name, `Only ${available} MB of memory are left.`, "Close programs, or give the till more memory.")];
  if (service !== undefined && service > serviceMegabytesMax)
    return [
      warning(name, `The service uses ${service} MB of memory.`, "Restart it when no customer pays, and call support."),
    ];
  const own = service === undefined ? "" : `; the service uses ${service} MB`;
  return [ok(name, `${available} MB of memory are left${own}.`)];
}

function megabytes(text: string, key: string): number | undefined {
  const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  return found === undefined ? undefined : Math.round(Number(found) / 1024);
}
