import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { JournalFailure } from "../sqlite/failure.ts";
import { JournalLocked, type Lock, takeLock } from "../sqlite/lock.ts";
import { type JournalPaths, journalPaths } from "../sqlite/paths.ts";

/** Where the second journal lies, held against other programs. */
export class MirrorFolder {
  readonly paths: JournalPaths;
  #lock: Lock | undefined;

  /** The parent of `folder` is never made: a disk that is not there must not become a folder on the first one. */
  constructor(folder: string) {
    this.paths = journalPaths(folder);
  }

  /** Makes the folder and takes its lock, unless both are there. Rejects with `SECOND_MISSING` or `SECOND_TAKEN`. */
  async acquireLock(): Promise<void> {
    const { dataDir } = this.paths;
    if (!(await isFolder(dirname(dataDir)))) throw new JournalFailure("SECOND_MISSING");
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (this.#lock !== undefined && (await this.#lock.held())) return;
    await this.#lock?.release().catch(() => undefined);
    this.#lock = undefined;
    this.#lock = await takeLock(dataDir).catch((error: unknown) => {
      throw error instanceof JournalLocked ? new JournalFailure("SECOND_TAKEN") : error;
    });
  }

  async release(): Promise<void> {
    await this.#lock?.release();
  }

  /** Whether both would go with the same disk. */
  async isOnDiskOf(dataDir: string): Promise<boolean> {
    const [one, other] = await Promise.all([stat(dataDir), stat(this.paths.dataDir)]);
    return one.dev === other.dev;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
