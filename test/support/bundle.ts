import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "./imports.ts";

/** A bundle that is in nobody else's hands, made once for all tests: whoever builds meanwhile cannot change the program under test. */
const shared = process.env["TILLBRIDGE_TEST_BUNDLE"];

/** The program under test: from the bundle it starts in a third of the time that it takes from the sources. */
export const programFile = shared === undefined ? join(checkout, "daemon/main.ts") : join(shared, "main.mjs");

export interface Bundle {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function openBundle(): Promise<Bundle> {
  if (shared !== undefined) return { folder: shared, remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  await promisify(execFile)(process.execPath, [join(checkout, "scripts/bundle.mjs"), folder]);
  // It finds the packages with addons in node_modules beside it.
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
