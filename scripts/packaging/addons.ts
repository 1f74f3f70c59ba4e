import { arch } from "node:process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Part } from "./contents.ts";

/** Where the compiled addons for this processor lie; they are compiled when they are not there yet. */
export async function addonsFor(
  checkout: string,
  architecture: Architecture,
  nodeFolder: string,
): Promise<(part: Part) => string> {
  if (architecture.node === arch)
    return (part) => join(checkout, "node_modules", part.name, "build/Release", part.addon ?? "");
  throw new Error(`addons for ${architecture.debian} cannot be made yet ${nodeFolder} ${existsSync(nodeFolder)}`);
}
