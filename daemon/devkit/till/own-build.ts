import { readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { findAbove } from "../../find-above.ts";

/** The same Node that runs us. */
export function ownNode(): string {
  return readlinkSync("/proc/self/exe");
}

/** The daemon's program: of the same build as we are. */
export function daemonProgram(): string {
  const found = findAbove(import.meta.dirname, ["main.mjs", "main.ts"]);
  if (found === undefined) throw new Error("the daemon's program is missing");
  return found;
}

/** The folder that holds the built page of this name: beside the bundle, or in a checkout's dist. Undefined when it is not built. */
export function builtPages(name: "till" | "phone"): string | undefined {
  const index = findAbove(import.meta.dirname, [`pages/${name}/index.html`, `dist/pages/${name}/index.html`]);
  return index && dirname(dirname(index));
}
