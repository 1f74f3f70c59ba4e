// Builds the two native addons that ship no binary (sqlite3, @pokusew/pcsclite) for the Node that Tillbridge brings.
//
// The machine's own Node is often older, and npm would compile for that one: pcsclite would then not load, and a sqlite3
// built with other headers may crash. So node-gyp runs under the project's Node, with that Node's own headers.
// node-gyp rather than calling g++ by hand: the sources, defines and link flags stay those of the package's authors, and
// an upgrade cannot leave ours behind. What made it slow was -O3 on SQLite's single large file; SQLite's own advice is -O2.
//
// A finished addon is kept in .cache/natives, so that it survives `npm ci`..
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const buildMsMax = 15 * 60_000;

const flags = { CFLAGS: "-O2", CXXFLAGS: "-O2", LDFLAGS: "-s" };
/** What the compiler and make see of other packages. */
const toBuildWith = ["node-gyp", "node-addon-api", "nan"];

const addons = [
  { name: "sqlite3", binary: "node_sqlite3.node" },
  { name: "@pokusew/pcsclite", binary: "pcsclite.node" },
];

async function main() {
  const runtime = await projectNode();
  const results = await Promise.allSettled(addons.map((addon) => provide(addon, runtime)));
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    console.error(`natives: ${addons[index].name} could not be built\n${lastLines(result.reason)}`);
    process.exitCode = 1;
  }
}

/** Makes sure that node_modules holds the addon built for `runtime`: as it is, from the cache, or compiled. */
async function provide(addon, runtime) {
  const folder = join(modules, addon.name);
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const key = `${addon.name.replace("/", "-")}-${version}-abi${runtime.abi}-${process.platform}-${process.arch}`;
  const kept = join(root, ".cache", "natives", key, addon.binary);
  const built = join(folder, "build", "Release", addon.binary);
  const mark = join(folder, "build", "built-for");

  if ((await textOf(mark)) === key) return;
  if (!(await loads(kept, runtime))) {
    console.log(`natives: compiling ${addon.name} ${version} (once)`);
    await compile(addon, runtime, kept);
    if (!(await loads(kept, runtime))) throw new Error(`${addon.binary} was compiled but does not load`);
  }
  // The compiler's leftovers are ten times the size of the addon.
  await rm(join(folder, "build"), { recursive: true, force: true });
  await placeWhole(kept, built);
  await writeFile(mark, key);
}

/** In a folder whose path has no space, which make cannot stand; the checkout's may. */
async function compile({ name, binary }, runtime, kept) {
  const workshop = await mkdtemp(join(tmpdir(), "tillbridge-addon-"));
  const place = (part) => join(workshop, "node_modules", part);
  try {
    // Not linked: gyp names a file by where it really is.
    for (const part of [name, ...toBuildWith, `${runtime.name}/include`]) {
      await cp(join(modules, part), place(part), { recursive: true });
    }
    const settings = [`--nodedir=${place(runtime.name)}`, "--jobs=max"];
    await run(runtime.path, [join(place("node-gyp"), "bin/node-gyp.js"), "rebuild", "--release", ...settings], {
      cwd: place(name),
      // binding.gyp calls plain `node`. What its scripts and node-gyp load besides is found by NODE_PATH.
      env: { ...process.env, ...flags, PATH: `${dirname(runtime.path)}:${process.env.PATH}`, NODE_PATH: modules },
      timeout: buildMsMax,
      maxBuffer: 64 * 1024 * 1024,
    });
    await placeWhole(join(place(name), "build/Release", binary), kept);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function projectNode() {
  const name = `node-${process.platform}-${process.arch}`;
  const path = join(modules, name, "bin", "node");
  const { stdout } = await run(path, ["-p", "process.versions.modules"]).catch(() => {
    throw new Error(
      `natives: no Node for ${process.platform} ${process.arch} in node_modules; run scripts/setup first`,
    );
  });
  return { name, path, abi: stdout.trim() };
}

/** In a process of its own: an addon built for another Node may end the process instead of throwing. */
async function loads(file, runtime) {
  const script = "process.dlopen({ exports: {} }, process.argv[1])";
  return run(runtime.path, ["-e", script, file]).then(
    () => true,
    () => false,
  );
}

/** Copies so that nobody ever sees half a file. */
async function placeWhole(from, to) {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, `${to}.part`);
  await rename(`${to}.part`, to);
}

function textOf(file) {
  return readFile(file, "utf8").catch(() => "");
}

function lastLines(error) {
  const text = `${error.stdout ?? ""}\n${error.stderr ?? ""}\n${error.message}`;
  return text.trim().split("\n").slice(-30).join("\n");
}

await main();
