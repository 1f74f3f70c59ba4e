import { chmod, copyFile, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { alwaysKept, type Architecture, neverKept, type Part, parts, placeOf } from "./contents.ts";
import { copyrightText } from "./copyright.ts";
import type { NodePackage } from "./node.ts";

export interface Sources {
  readonly checkout: string;
  readonly architecture: Architecture;
  /** The folder of the bundle. */
  readonly dist: string;
  readonly version: string;
  /** For the till's processor. */
  readonly node: NodePackage;
  /** Where its compiled addons lie. */
  addonFile(part: Part): string;
}

/** Lays out in `root` what lies on a till's disk. */
export async function layOut(root: string, sources: Sources): Promise<void> {
  const program = join(root, "usr/lib/tillbridge");
  await put(sources.node.program, join(program, "node"), 0o755);
  for (const file of await filesBelow(sources.dist)) {
    const name = relative(sources.dist, file);
    if (!neverKept.test(name) && !basename(name).startsWith(".")) await put(file, join(program, "dist", name));
  }
  for (const part of parts(sources.architecture)) await putPart(join(program, "node_modules"), part, sources);
  await write(join(program, "package.json"), manifest(sources.version));
  await systemFiles(root, sources.checkout);
  await write(join(root, "usr/share/doc/tillbridge/copyright"), await copyright(sources));
}

async function copyright({ checkout, architecture, dist, node }: Sources): Promise<string> {
  const folders = parts(architecture).map((part) => placeOf(join(checkout, "node_modules"), part).folder);
  return copyrightText({ checkout, bundle: await filesBelow(dist), folders, node: node.folder });
}

/** Node asks it whether files are ES modules. */
function manifest(version: string): string {
  return `${JSON.stringify({ name: "tillbridge", version, type: "module" }, null, 2)}\n`;
}

/** Lays a package's part out below `modules`. */
export async function putPart(
  modules: string,
  part: Part,
  sources: Pick<Sources, "checkout" | "addonFile">,
): Promise<void> {
  const { folder, place } = placeOf(join(sources.checkout, "node_modules"), part);
  const target = join(modules, place);
  for (const name of await readdir(folder)) {
    if (alwaysKept.test(name)) await put(join(folder, name), join(target, name));
  }
  for (const kept of part.keep) {
    for (const file of await filesBelow(join(folder, kept))) {
      if (!neverKept.test(file)) await put(file, join(target, relative(folder, file)));
    }
  }
  if (part.addon !== undefined) await put(sources.addonFile(part), join(target, "build/Release", part.addon));
}

async function systemFiles(root: string, checkout: string): Promise<void> {
  const systemd = join(checkout, "service/systemd");
  await put(join(systemd, "tillbridge.sh"), join(root, "usr/bin/tillbridge"), 0o755);
  await put(join(systemd, "tillbridge.service"), join(root, "usr/lib/systemd/system/tillbridge.service"));
  await put(join(systemd, "tillbridge.sysusers.conf"), join(root, "usr/lib/sysusers.d/tillbridge.conf"));
  await put(join(systemd, "tillbridge.modprobe.conf"), join(root, "usr/lib/modprobe.d/tillbridge.conf"));
  await put(join(systemd, "60-tillbridge.polkit.rules"), join(root, "usr/share/polkit-1/rules.d/60-tillbridge.rules"));
  await put(join(systemd, "60-tillbridge.rules"), join(root, "usr/lib/udev/rules.d/60-tillbridge.rules"));
  await mkdir(join(root, "etc/tillbridge"), { recursive: true });
}

/** The file itself, or all files below the folder, in order. */
export async function filesBelow(path: string): Promise<string[]> {
  if (!(await lstat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).toSorted();
  return (await Promise.all(names.map((name) => filesBelow(join(path, name))))).flat();
}

export async function put(from: string, to: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

export async function write(to: string, text: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, text, { mode: 0o644 });
}
