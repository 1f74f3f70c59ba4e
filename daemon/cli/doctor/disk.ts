import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { type Check, failed, ok, warning } from "./check.ts";
import { errorCode } from "../../errno.ts";

const name = "disk";
/** What a commit of the journal adds to its log, and syncs. */
const block = Buffer.alloc(4096, 0x74);
/** Enough for a steady figure, and few enough to spare a flash disk. */
const commitsMax = 300;
/** A slow disk answers in a second, too. */
const testMsMax = 1000;
/** A flash disk needs tens of microseconds to write anything at all; only memory is faster. */
const perSecondMax = 20_000;
/** Below this, each step of a sale takes the customer a fifth of a second. */
const perSecondMin = 5;

export interface DiskTest {
  /** Writes what was given to a file through to the disk. */
  readonly sync: (descriptor: number) => void;
  readonly monotonicMs: () => number;
  /** Linux: what is mounted, as /proc/self/mountinfo lists it. */
  readonly mounts: () => Promise<string>;
}

/** Whether the disk keeps what it says it has kept: only a power cut shows that; but what is too fast to be true is not true. */
export async function checkDisk(folder: string, test: DiskTest): Promise<Check> {
  const careless = carelessMount(folder, await test.mounts());
  if (careless !== undefined)
    return failed(
      name,
      `The disk of the data folder is mounted with ${careless}: it may lose what it has confirmed.`,
      "Take that option out of /etc/fstab.",
    );
  try {
    return verdict(commitsPerSecond(folder, test));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { name, state: "unknown", says: "There is no data folder to try yet." };
    return failed(
      name,
      `The disk cannot be tried (${errorCode(error)}).`,
      "Without it no payment is started: check the disk, and run doctor as root.",
    );
  } finally {
    await rm(testFile(folder), { force: true }).catch(() => undefined);
  }
}

export function systemDisk(monotonicMs: () => number): DiskTest {
  const mounts = () =>
    platform() === "linux" ? readFile("/proc/self/mountinfo", "utf8").catch(() => "") : Promise.resolve("");
  return { sync: fdatasyncSync, monotonicMs, mounts };
}

function verdict(perSecond: number): Check {
  const rounded = perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10;
  if (perSecond > perSecondMax)
    return warning(
      name,
      `The disk confirms ${rounded} synced commits per second: no disk is that fast.`,
      "It may lose confirmed payments when the power goes. Take the data folder off memory disks, overlays and caches that are not safe.",
    );
  if (perSecond < perSecondMin)
    return warning(
      name,
      `The disk confirms only ${rounded} synced commits per second.`,
      "Every step of a sale waits for it: a worn memory card is the usual reason.",
    );
  return ok(name, `The disk confirms ${rounded} synced commits per second.`);
}

/** As the journal commits: a block is added to a file, and synced. */
function commitsPerSecond(folder: string, { sync, monotonicMs }: DiskTest): number {
  const descriptor = openSync(testFile(folder), "w", 0o600);
  try {
    const start = monotonicMs();
    let commits = 0;
    while (commits < commitsMax && monotonicMs() - start < testMsMax) {
      writeSync(descriptor, block);
      sync(descriptor);
      commits += 1;
    }
    return (commits * 1000) / Math.max(monotonicMs() - start, 0.001);
  } finally {
    closeSync(descriptor);
  }
}

function testFile(folder: string): string {
  return join(folder, ".doctor-disk");
}

/** The mount option by which the kernel does not make the disk write things through, if the folder's file system has one. */
function carelessMount(folder: string, mounts: string): string | undefined {
  const found = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => isWithin(folder, fields[4] ?? ""))
    .toSorted((one, other) => (other[4] ?? "").length - (one[4] ?? "").length)[0];
  return found?.join(",").match(/\b(nobarrier|barrier=0|nosync)\b/)?.[1];
}

function isWithin(folder: string, mountPoint: string): boolean {
  return mountPoint === "/" || folder === mountPoint || folder.startsWith(`${mountPoint}/`);
}
