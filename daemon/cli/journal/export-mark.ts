import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Inspection } from "../../journal/inspect.ts";

/** When all payments were last exported. The package asks it before it deletes them. */
const mark = z.object({ exportedAt: z.iso.datetime() });

const fileIn = (dataDir: string) => join(dataDir, "exported.json");

/** Remembers that everything up to `at` (milliseconds since 1970) was exported. Does not fail: a user who may only read may export. */
export async function markExported(dataDir: string, at: number): Promise<void> {
  const file = fileIn(dataDir);
  const text = `${JSON.stringify({ exportedAt: new Date(at).toISOString() })}\n`;
  await writeFile(`${file}.new`, text, { mode: 0o600 })
    .then(() => rename(`${file}.new`, file))
    .catch(() => undefined);
}

/** Ids of the payments to which something happened since the last whole export. */
export async function unexported(journal: Inspection, dataDir: string, now: number): Promise<readonly string[]> {
  const exportedAt = await lastExport(dataDir);
  // A mark from the future was made when the clock was wrong: it proves nothing.
  return journal.touched(exportedAt === undefined || exportedAt > now ? 0 : exportedAt, Number.MAX_SAFE_INTEGER);
}

async function lastExport(dataDir: string): Promise<number | undefined> {
  try {
    return Date.parse(mark.parse(JSON.parse(await readFile(fileIn(dataDir), "utf8"))).exportedAt);
  } catch {
    return undefined;
  }
}
