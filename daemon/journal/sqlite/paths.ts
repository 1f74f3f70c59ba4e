import { join } from "node:path";

/** Where a journal keeps its files. The folder holds the database alone, so that it can be put aside by one rename. */
export interface JournalPaths {
  readonly dataDir: string;
  readonly folder: string;
  readonly database: string;
  readonly anchor: string;
  /** There while the database is known to be damaged somewhere: the next start must check all of it. */
  readonly damageMark: string;
}

export function journalPaths(dataDir: string): JournalPaths {
  const files = journalFiles(join(dataDir, "journal"));
  return {
    dataDir,
    ...files,
    anchor: join(dataDir, "journal.anchor"),
    damageMark: join(dataDir, "journal.damaged"),
  };
}

export function journalFiles(folder: string): Pick<JournalPaths, "folder" | "database"> {
  return { folder, database: join(folder, "journal.db") };
}
