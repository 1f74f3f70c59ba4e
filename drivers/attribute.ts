import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What Linux says of a device in a file of its folder below /sys. Empty when there is none: not every device has each, and one may go
 * while it is looked at.
 */
export async function attribute(folder: string, name: string): Promise<string> {
  return (await readFile(join(folder, name), "utf8").catch(() => "")).trim();
}
