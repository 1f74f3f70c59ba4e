import type { Stats } from "node:fs";
import { lstat, rm, statfs, writeFile } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import { join } from "node:path";
import { type Check, failed, ok, warning } from "./check.ts";
import { errorCode } from "../../errno.ts";

const name = "dataDir";
/** A year of a busy till's journal, and room for SQLite's log beside it (docs/journal.md). */
const freeBytesMin = 200 * 1024 * 1024;
/** statfs(2): file systems that forget at power off, or whose locks and syncs depend on another machine. */
const inMemory = new Set([0x01021994, 0x858458f6]);
const overNetwork = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b]);

/** `owner`: the number of the user that the service runs as. Whether the folder of the journal is there, private, writable, and on a disk that can be trusted. */
export async function checkDataFolder(folder: string, owner = userInfo().uid): Promise<Check> {
  const stats = await lstat(folder).catch((error: unknown) => errorCode(error));
  if (stats === "ENOENT")
    return warning(
      name,
      "The data folder does not exist yet.",
      "The service makes it at its first start; run doctor again then.",
    );
  if (typeof stats === "string")
    return failed(name, `The data folder cannot be looked at (${stats}).`, "Run doctor as the service's user.");
  return (
    notPrivate(folder, stats, owner) ??
    (await notWritable(folder)) ??
    (await notLasting(folder)) ??
    ok(name, "The data folder is private and can be written.")
  );
}

function notPrivate(folder: string, stats: Stats, owner: number): Check | undefined {
  if (!stats.isDirectory())
    return failed(
      name,
      "The data folder is not a folder.",
      "Give dataDir the path of a folder, not of a link or a file.",
    );
  if (platform() === "win32") return undefined;
  if (stats.uid !== owner)
    return failed(
      name,
      "The data folder belongs to another user.",
      "Run doctor as the service's user, or give the folder to that user.",
    );
  if ((stats.mode & 0o077) !== 0) return failed(name, "Other users may read the data folder.", `chmod 700 ${folder}`);
  return undefined;
}

async function notWritable(folder: string): Promise<Check | undefined> {
  const probe = join(folder, ".doctor");
  try {
    await writeFile(probe, "x", { mode: 0o600, flush: true });
    return undefined;
  } catch (error) {
    const hint = "Without it no payment is started: check the disk and the folder's owner.";
    return failed(name, `The data folder cannot be written (${errorCode(error)}).`, hint);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

async function notLasting(folder: string): Promise<Check | undefined> {
  const { type, bavail, bsize } = await statfs(folder);
  if (inMemory.has(type))
    return failed(name, "The data folder is in memory: a power cut empties it.", "Put dataDir on a disk.");
  if (overNetwork.has(type))
    return failed(name, "The data folder is on another machine.", "Put dataDir on a disk of this till.");
  if (bavail * bsize < freeBytesMin)
    return warning(
      name,
      "The disk of the data folder is almost full.",
      "Make room: when it is full no payment is started.",
    );
  return undefined;
}
