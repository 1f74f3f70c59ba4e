import { stat } from "node:fs/promises";
import { join } from "node:path";
import { connect, SqliteFailure } from "./connection.ts";

/** Held for the life of the process. The kernel frees it when the process dies, however it dies. */
export interface Lock {
  /** Whether the lock file is still the one that was locked. When not, another daemon may own the folder by now. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** Another daemon owns the data directory: exit code 3. */
export class JournalLocked extends Error {
  constructor() {
    super("another Tillbridge daemon is using this data directory");
    this.name = "JournalLocked";
  }
}

/**
 * Locks the data directory against a second daemon, or throws `JournalLocked`. SQLite's own file lock is used because Node
 * has none. Nothing else may open the lock file in this process: on POSIX, closing any descriptor of it frees the lock.
 */
export async function takeLock(dataDir: string): Promise<Lock> {
  const file = join(dataDir, "daemon.lock");
  const connection = await connect(file, "create", 0);
  try {
    await connection.script("BEGIN EXCLUSIVE");
  } catch (error) {
    await connection.close();
    throw error instanceof SqliteFailure && error.code === "SQLITE_BUSY" ? new JournalLocked() : error;
  }
  const { ino } = await stat(file);
  return {
    held: () =>
      stat(file).then(
        (now) => now.ino === ino,
        () => false,
      ),
    release: () => connection.close(),
  };
}
