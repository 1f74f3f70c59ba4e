import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { arch, env, execPath } from "node:process";
import { promisify } from "node:util";
import { type Architecture, type Part, parts, placeOf } from "./contents.ts";
import { debianLibrary } from "./debian-library.ts";
import type { NodePackage } from "./node.ts";

const run = promisify(execFile);
const buildMsMax = 30 * 60_000;
/** What scripts/natives.mjs leaves out of SQLite. */
const unused = ["FTS3", "FTS4", "FTS5", "RTREE"].map((part) => `-USQLITE_ENABLE_${part}`).join(" ");
const printedBytesMax = 64 * 1024 * 1024;

interface Workshop {
  readonly checkout: string;
  readonly architecture: Architecture;
  readonly node: NodePackage;
}

/**
 * Where the compiled addons for this processor lie. For this computer's own, scripts/natives.mjs has made them; for another one they
 * are compiled here, once, with Debian's compiler for it.
 */
export async function addonsFor(workshop: Workshop): Promise<(part: Part) => string> {
  const { checkout, architecture } = workshop;
  const modules = join(checkout, "node_modules");
  if (architecture.node === arch) return (part) => built(placeOf(modules, part).folder, part);
  const kept = new Map<string, string>();
  for (const part of parts(architecture)) {
    if (part.addon !== undefined) kept.set(part.name, await compiled(part, workshop));
  }
  return ({ name }) => kept.get(name) ?? "";
}

function built(folder: string, { addon = "" }: Part): string {
  return join(folder, "build/Release", addon);
}

async function compiled(part: Part, workshop: Workshop): Promise<string> {
  const { checkout, architecture } = workshop;
  const { folder } = placeOf(join(checkout, "node_modules"), part);
  const cache = join(checkout, ".cache/packaging");
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  const key = `${part.name.replace("/", "-")}-${version}-${await abiOf(workshop.node)}-${architecture.debian}`;
  const kept = join(cache, key, part.addon ?? "");
  if (existsSync(kept)) return kept;
  await mkdir(dirname(kept), { recursive: true });
  const work = await mkdtemp(join(cache, "build-"));
  try {
    await cp(folder, join(work, "addon"), { recursive: true, filter: (path) => path !== join(folder, "build") });
    await compile(join(work, "addon"), workshop);
    await copyFile(built(join(work, "addon"), part), `${kept}.part`);
    await rename(`${kept}.part`, kept);
    return kept;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function compile(folder: string, { checkout, architecture, node }: Workshop): Promise<void> {
  const { gnu, node: processor } = architecture;
  const library = await debianLibrary(checkout, architecture, "libpcsclite1");
  const gyp = join(checkout, "node_modules/node-gyp/bin/node-gyp.js");
  const tools = { CC: `${gnu}-gcc`, CXX: `${gnu}-g++`, AR: `${gnu}-ar`, LINK: `${gnu}-g++` };
  const flags = { CFLAGS: `-O2 ${unused}`, CXXFLAGS: "-O2", LDFLAGS: `-s -L${library}` };
  const path = `${dirname(execPath)}:${env["PATH"] ?? ""}`;
  await run(execPath, [gyp, "rebuild", "--release", `--nodedir=${node.folder}`, `--arch=${processor}`], {
    cwd: folder,
    // Away from node_modules the sources find what they include by NODE_PATH.
    env: { ...env, ...tools, ...flags, PATH: path, NODE_PATH: join(checkout, "node_modules") },
    timeout: buildMsMax,
    maxBuffer: printedBytesMax,
  });
}

/** The number that addons are bound to, from the headers: a Node for another processor cannot be asked. */
async function abiOf({ folder }: NodePackage): Promise<string> {
  const header = await readFile(join(folder, "include/node/node_version.h"), "utf8");
  return `abi${/#define NODE_MODULE_VERSION (\d+)/.exec(header)?.[1] ?? "unknown"}`;
}
