import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import manifest from "../../node_modules/sqlite3/package.json" with { type: "json" };

const run = promisify(execFile);
const tools = "x86_64-w64-mingw32";
const compileMsMax = 30 * 60_000;
/** As sqlite3's own binding.gyp and deps/sqlite3.gyp have them. */
const defines = [
  "NDEBUG",
  "WIN32",
  "_REENTRANT=1",
  "SQLITE_THREADSAFE=1",
  "HAVE_USLEEP=1",
  "SQLITE_ENABLE_FTS3",
  "SQLITE_ENABLE_FTS4",
  "SQLITE_ENABLE_FTS5",
  "SQLITE_ENABLE_RTREE",
  "SQLITE_ENABLE_DBSTAT_VTAB=1",
  "SQLITE_ENABLE_MATH_FUNCTIONS",
  "NAPI_VERSION=6",
  "NAPI_DISABLE_CPP_EXCEPTIONS=1",
  "BUILDING_NODE_EXTENSION",
];
const sources = ["backup", "database", "node_sqlite3", "statement"];
/** The part of Node's interface that is plain C, and so the same for every compiler. */
const plainC = /^(napi_|node_api_|uv_)\w+$/;

/**
 * sqlite3's addon for Windows, compiled here: its makers publish none in npm. It needs Node's C interface alone, so that a compiler
 * other than Microsoft's will do. Kept in .cache. `node`: the package of Node for Windows; `headers`: the folder of Node's headers.
 */
export async function sqliteForWindows(checkout: string, node: string, headers: string): Promise<string> {
  const kept = join(checkout, ".cache/packaging", `node_sqlite3-${manifest.version}-win32-x64.node`);
  if (existsSync(kept)) return kept;
  await mkdir(join(kept, ".."), { recursive: true });
  const work = await mkdtemp(`${kept}.part-`);
  try {
    await rename(await compile(checkout, work, node, headers), kept);
    return kept;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function compile(checkout: string, work: string, node: string, headers: string): Promise<string> {
  const modules = join(checkout, "node_modules");
  const library = await importLibrary(work, node);
  const amalgamation = await unpack(join(modules, "sqlite3/deps"), work);
  const options = ["-O2", ...defines.map((define) => `-D${define}`), `-I${amalgamation}`];
  const included = [`-I${headers}`, `-I${join(modules, "node-addon-api")}`];
  await tool("gcc-posix", [...options, "-c", join(amalgamation, "sqlite3.c"), "-o", join(work, "sqlite3.o")]);
  for (const source of sources) {
    const file = join(modules, "sqlite3/src", `${source}.cc`);
    await tool("g++-posix", [...options, ...included, "-std=c++17", "-c", file, "-o", join(work, `${source}.o`)]);
  }
  const made = join(work, "node_sqlite3.node");
  const objects = ["sqlite3", ...sources].map((name) => join(work, `${name}.o`));
  // Nothing of the compiler's own is left to be looked for on a till.
  await tool("g++-posix", ["-shared", "-static", "-s", "-Wl,--no-insert-timestamp", "-o", made, ...objects, library]);
  return made;
}

/** Says to the linker what node.exe offers. */
async function importLibrary(work: string, node: string): Promise<string> {
  const names = exportsOf(await readFile(node)).filter((name) => plainC.test(name));
  const definition = join(work, "node.def");
  const library = join(work, "libnode.a");
  await writeFile(definition, ["LIBRARY node.exe", "EXPORTS", ...names, ""].join("\n"));
  await tool("dlltool", ["-d", definition, "-l", library]);
  return library;
}

async function unpack(deps: string, work: string): Promise<string> {
  const archive = (await run("ls", [deps])).stdout.split("\n").find((name) => name.startsWith("sqlite-autoconf-"));
  if (archive === undefined) throw new Error("sqlite3 does not bring SQLite's source");
  await run("tar", ["-xzf", join(deps, archive), "-C", work]);
  return join(work, archive.replace(/\.tar\.gz$/, ""));
}

async function tool(name: string, words: readonly string[]): Promise<void> {
  await run(`${tools}-${name}`, words, { timeout: compileMsMax, maxBuffer: 16 * 1024 * 1024 }).catch(
    (error: unknown) => {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw isMissing ? new Error(`${tools}-${name} is missing: apt-get install g++-mingw-w64-x86-64-posix`) : error;
    },
  );
}

/** The names that a Windows program offers to its libraries: the export table of its PE file. */
export function exportsOf(file: Buffer): string[] {
  const header = file.readUInt32LE(0x3c);
  const sectionCount = file.readUInt16LE(header + 6);
  const sections = header + 24 + file.readUInt16LE(header + 20);
  const at = (address: number): number => {
    for (let index = 0; index < sectionCount; index += 1) {
      const section = sections + index * 40;
      const start = file.readUInt32LE(section + 12);
      const size = file.readUInt32LE(section + 16);
      if (address >= start && address < start + size) return address - start + file.readUInt32LE(section + 20);
    }
    throw new Error("this is no program for Windows");
  };
  const table = at(file.readUInt32LE(header + 24 + 112));
  const names = at(file.readUInt32LE(table + 32));
  return Array.from({ length: file.readUInt32LE(table + 24) }, (_, index) => {
    const start = at(file.readUInt32LE(names + index * 4));
    return file.toString("latin1", start, file.indexOf(0, start));
  });
}
