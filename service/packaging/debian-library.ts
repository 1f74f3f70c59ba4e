import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Architecture } from "./contents.ts";

const run = promisify(execFile);

/**
 * The folder of a Debian library for another processor, to link against. Fetched by apt, which checks it, into .cache: this computer's own
 * packages and lists stay as they are.
 */
export async function debianLibrary(checkout: string, architecture: Architecture, name: string): Promise<string> {
  const { debian, gnu } = architecture;
  const kept = join(checkout, ".cache/packaging", `${name}-${debian}`);
  const libraries = join(kept, "usr/lib", gnu);
  if (existsSync(libraries)) return libraries;
  await mkdir(join(kept, ".."), { recursive: true });
  const work = await mkdtemp(`${kept}.part-`);
  try {
    await fetch(work, debian, name);
    const [archive = ""] = (await readdir(work)).filter((file) => file.endsWith(".deb"));
    await run("dpkg-deb", ["-x", join(work, archive), join(work, "unpacked")]);
    await linkNames(join(work, "unpacked/usr/lib", gnu));
    await rm(kept, { recursive: true, force: true });
    await rename(join(work, "unpacked"), kept);
    return libraries;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetch(folder: string, debian: string, name: string): Promise<void> {
  for (const below of ["state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(folder, below), { recursive: true });
  }
  const options = [
    `APT::Architecture=${debian}`,
    `APT::Architectures=${debian}`,
    `Dir::State=${folder}/state`,
    `Dir::State::status=/dev/null`,
    `Dir::Cache=${folder}/cache`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  await run("apt-get", [...options, "update"], { cwd: folder });
  await run("apt-get", [...options, "download", name], { cwd: folder });
}

/** `-lname` looks for libname.so, which only the development package brings. */
async function linkNames(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const [, stem] = /^(lib\w+\.so)\.\d+$/.exec(file) ?? [];
    if (stem !== undefined) await symlink(file, join(folder, stem));
  }
}
