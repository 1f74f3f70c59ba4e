import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The deepest code lies four folders below the checkout. */
const levelsMax = 4;

/**
 * What belongs to the same build as the code in `folder`: the first of `names` that exists there or in a folder above it. The bundler
 * puts code into dist/ or dist/chunks/; from a checkout the same code lies deeper, and what was built is in the checkout's dist/.
 */
export function findAbove(folder: string, names: readonly string[]): string | undefined {
  let above = folder;
  for (let level = 0; level <= levelsMax; level += 1) {
    const found = names.map((name) => join(above, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    above = dirname(above);
  }
  return undefined;
}
