import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sqlite/durability.ts";
import type { Tail } from "./chain.ts";

/**
 * What the journal's end was when this was written, kept outside the journal's folder: a journal that ends before its anchor
 * was replaced by an older copy. `clean`: written when the journal was closed, so nothing may follow it unless a daemon ran.
 */
export interface Anchor extends Tail {
  readonly clean: boolean;
}

/** Undefined when there is none or it cannot be read: an anchor only ever adds certainty. */
export async function readAnchor(file: string): Promise<Anchor | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof found !== "object" || found === null || !("seq" in found) || !("hash" in found)) return undefined;
    const { seq, hash } = found;
    if (!Number.isSafeInteger(seq) || typeof seq !== "number" || typeof hash !== "string") return undefined;
    return { seq, hash, clean: "clean" in found && found.clean === true };
  } catch {
    return undefined;
  }
}

/** Replaces the anchor whole or not at all, also when the power goes. */
export async function writeAnchor(file: string, anchor: Anchor): Promise<void> {
  const { seq, hash, clean } = anchor;
  const fresh = `${file}.new`;
  const handle = await open(fresh, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ seq, hash, clean })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  await syncFolder(dirname(file));
}
