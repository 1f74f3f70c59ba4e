import { execFile } from "node:child_process";
import { mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "./imports.ts";

/** A bundle of its own, so that whoever builds meanwhile cannot change the program under test. To be removed by who asked for it. */
export async function makeBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  await promisify(execFile)(process.execPath, [join(checkout, "scripts/bundle.mjs"), folder]);
  // It finds the packages with addons in node_modules beside it.
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
  return folder;
}
