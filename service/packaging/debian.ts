import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import type { Architecture } from "./contents.ts";
import { filesBelow } from "./tree.ts";

const run = promisify(execFile);
const scripts = ["preinst", "postinst", "prerm", "postrm"] as const;

export interface DebianPackage {
  /** What is to lie on the till's disk. */
  readonly root: string;
  /** service/debian */
  readonly metadata: string;
  readonly architecture: Architecture;
  readonly version: string;
  /** Seconds since 1970: when every file in the package was last changed. */
  readonly epoch: number;
  /** Packs in seconds rather than minutes, to half as much again. For tests. */
  readonly fast: boolean;
}

/** Debian sorts 1.0.0~rc.1 before 1.0.0; with a dash it would come after. */
export function debianVersion(version: string): string {
  return version.replaceAll("-", "~");
}

/** Packs `root` into `file`. The same input makes the same bytes. */
export async function pack(file: string, { root, metadata, architecture, version, epoch, fast }: DebianPackage) {
  const control = join(root, "DEBIAN");
  const files = (await filesBelow(root)).map((path) => relative(root, path));
  await mkdir(control);
  await writeFile(join(control, "md5sums"), await md5sums(root, files), { mode: 0o644 });
  await writeFile(join(control, "control"), await controlText(metadata, root, architecture, version, files), {
    mode: 0o644,
  });
  for (const script of scripts) {
    await copyFile(join(metadata, script), join(control, script));
    await chmod(join(control, script), 0o755);
  }
  await settle(root, epoch);
  const packing = fast ? ["-Zgzip", "-z1"] : ["-Zxz", "-z6", "--threads-max=1"];
  const env = { ...process.env, SOURCE_DATE_EPOCH: `${epoch}` };
  await run("dpkg-deb", ["--root-owner-group", ...packing, "--build", root, file], { env });
}

async function controlText(
  metadata: string,
  root: string,
  { debian }: Architecture,
  version: string,
  files: readonly string[],
): Promise<string> {
  const template = await readFile(join(metadata, "control"), "utf8");
  const sizes = await Promise.all(files.map(async (file) => Math.ceil((await stat(join(root, file))).size / 1024)));
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0);
  return template
    .replace("@VERSION@", debianVersion(version))
    .replace("@ARCHITECTURE@", debian)
    .replace("@SIZE@", `${kilobytes}`);
}

async function md5sums(root: string, files: readonly string[]): Promise<string> {
  const lines = files.map(async (file) => {
    const sum = createHash("md5")
      .update(await readFile(join(root, file)))
      .digest("hex");
    return `${sum}  ${file}\n`;
  });
  return (await Promise.all(lines)).join("");
}

/** Modes and times that say nothing of where and when it was built. */
async function settle(folder: string, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, epoch);
    else await utimes(path, epoch, epoch);
  }
  await chmod(folder, 0o755);
  await utimes(folder, epoch, epoch);
}
