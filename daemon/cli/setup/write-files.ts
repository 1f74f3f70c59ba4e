import { chmod, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../server/access/private-file.ts";
import type { Chown } from "../system/accounts.ts";
import { errorCode } from "../../errno.ts";

/** A file that setup makes. */
export interface FileToWrite {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  /** As chown takes it; undefined: the user who writes it. */
  readonly owner: string | undefined;
  /** The one that was there stays beside it, under this name. */
  readonly keepAs?: string;
}

/**
 * Writes all files, each whole or not at all, also when the power goes: every new one lies synced beside its old one before the first
 * takes its place, and belongs to its owner by then. Rejects with the system's code.
 */
export async function writeFiles(files: readonly FileToWrite[], chown: Chown | undefined): Promise<void> {
  const changed = await filterAsync(files, isChanged);
  try {
    for (const file of changed) await writeBeside(file, chown);
    for (const file of changed) await putInPlace(file);
  } finally {
    for (const { path } of changed) await rm(besideOf(path), { force: true }).catch(() => undefined);
  }
  for (const folder of new Set(changed.map(({ path }) => dirname(path)))) await syncFolder(folder);
}

/** The folder of the journal, for the service alone. The service makes it itself where it may. */
export async function makeDataFolder(
  folder: string,
  owner: string | undefined,
  chown: Chown | undefined,
): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined && owner !== undefined) await chown?.(owner, folder);
}

async function isChanged({ path, text }: FileToWrite): Promise<boolean> {
  return (await readFile(path, "utf8").catch(() => undefined)) !== text;
}

function besideOf(path: string): string {
  return `${path}.new`;
}

async function writeBeside({ path, text, mode, owner }: FileToWrite, chown: Chown | undefined): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await rm(besideOf(path), { force: true });
  const file = await open(besideOf(path), "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  if (owner !== undefined) await chown?.(owner, besideOf(path));
  await chmod(besideOf(path), mode);
}

async function putInPlace({ path, keepAs }: FileToWrite): Promise<void> {
  if (keepAs !== undefined) {
    await rm(keepAs, { force: true });
    // A second name for the old file: there is no moment without one.
    await link(path, keepAs).catch(ignoreMissing);
  }
  await rename(besideOf(path), path);
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}

async function filterAsync<Item>(items: readonly Item[], keep: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_item, index) => kept[index]);
}
