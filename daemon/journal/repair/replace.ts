import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { exists } from "../../exists.ts";
import { openForWriting } from "../rows/open-for-writing.ts";
import type { SqliteConnection } from "../sqlite/connection.ts";
import { syncFolder } from "../sqlite/durability.ts";
import { journalFiles, type JournalPaths } from "../sqlite/paths.ts";
import { moveToQuarantine } from "./quarantine.ts";
import { salvage, type Salvaged } from "./salvage.ts";

/** A journal that was put aside, and what could be read of it. */
export interface Replaced {
  /** Name of the folder that the damaged journal is in now. */
  readonly from: string;
  readonly salvaged: Salvaged;
}

/**
 * Puts a damaged journal aside whole and untouched, and a new one in its place that holds all that could still be read: what
 * is open is followed, what was sold can be refunded. Losing power at any point loses neither.
 */
export async function replaceDamaged(paths: JournalPaths, at: number): Promise<Replaced> {
  const fresh = freshPaths(paths);
  await rm(fresh.folder, { recursive: true, force: true });
  const file = await openForWriting(fresh);
  const salvaged = await salvageInto(file.connection, paths);
  const aside = await moveToQuarantine(paths, at);
  await finishReplacing(paths);
  return { from: basename(aside), salvaged };
}

/** Once the damaged journal is aside, the new one is whole: it takes the place now, or at the next start. */
export async function finishReplacing(paths: JournalPaths): Promise<void> {
  const fresh = freshPaths(paths).folder;
  if ((await exists(paths.folder)) || !(await exists(fresh))) return;
  await rename(fresh, paths.folder);
  await syncFolder(paths.dataDir);
}

/** Where a journal is made that is to take another's place. */
export function freshPaths(paths: JournalPaths): JournalPaths {
  return { ...paths, ...journalFiles(join(paths.dataDir, "journal.new")) };
}

async function salvageInto(target: SqliteConnection, { database }: JournalPaths): Promise<Salvaged> {
  try {
    return await salvage(database, target);
  } finally {
    await target.close();
  }
}
