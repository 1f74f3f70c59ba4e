import { rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { exists } from "../../exists.ts";
import type { SqliteConnection } from "./connection.ts";
import { syncFolder } from "./durability.ts";
import { checkWhole } from "./integrity.ts";
import type { JournalPaths } from "./paths.ts";

/** Makes the next start check the whole file. */
export async function markDamaged({ damageMark }: JournalPaths): Promise<void> {
  await writeFile(damageMark, "", { mode: 0o600 });
  await syncFolder(dirname(damageMark));
}

/** Checks the whole file if damage was seen in an earlier life. */
export async function checkWholeIfMarked({ damageMark }: JournalPaths, connection: SqliteConnection): Promise<void> {
  if (await exists(damageMark)) await checkWhole(connection);
}

export async function clearMark({ damageMark }: JournalPaths): Promise<void> {
  await rm(damageMark, { force: true });
}
