import { copyFile, mkdir, readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { exists } from "../../exists.ts";
import { syncFile, syncFolder } from "../sqlite/durability.ts";
import type { JournalPaths } from "../sqlite/paths.ts";

/** A file that is damaged a thousand times in a second has another illness. */
const namesMax = 1000;

/** The name of the folder that a journal is in now, or undefined when there was none. */
export async function quarantine(paths: JournalPaths, at: number): Promise<string | undefined> {
  return (await exists(paths.folder)) ? moveToQuarantine(paths, at) : undefined;
}

/** The name of the folder that the journal is in now. */
export async function moveToQuarantine(paths: JournalPaths, at: number): Promise<string> {
  const aside = await freeQuarantineName(paths, at);
  await rename(paths.folder, aside);
  await syncFolder(paths.dataDir);
  return aside;
}

/** Keeps a copy of the journal as it was found. No connection to it may be open: closing a copied file frees SQLite's locks. */
export async function copyToQuarantine(paths: JournalPaths, at: number): Promise<string> {
  const aside = await freeQuarantineName(paths, at);
  await mkdir(aside, { mode: 0o700 });
  for (const name of await readdir(paths.folder)) await copyDurably(join(paths.folder, name), join(aside, name));
  await syncFolder(aside);
  await syncFolder(paths.dataDir);
  return basename(aside);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await syncFile(to);
}

/** A folder in the data directory that does not exist yet, named after the time. */
async function freeQuarantineName(paths: JournalPaths, at: number): Promise<string> {
  const time = new Date(at).toISOString().slice(0, 19).replaceAll(":", "");
  for (let number = 1; number <= namesMax; number += 1) {
    const name = join(paths.dataDir, `journal-damaged-${time}${number === 1 ? "" : `-${number}`}`);
    if (!(await exists(name))) return name;
  }
  throw new Error("assertion failed: a journal is not put aside a thousand times in a second");
}
