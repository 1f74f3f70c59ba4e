// Bundles the daemon, the browser pages, the developer's kit and the typed client into dist/, or the folder named as argument:
// node scripts/bundle.mjs [FOLDER] [--without-kit]
//
// One file loads faster than four hundred. What is imported dynamically stays a chunk of its own: the daemon answers on its
// socket before axios and winston are read. Addons and what loads them stay in node_modules: their binaries are found by path.
import { globSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values: wish, positionals } = parseArgs({
  options: { "without-kit": { type: "boolean", default: false } },
  allowPositionals: true,
});
const outFolder = resolve(positionals[0] ?? join(root, "dist"));
const dayMs = 86_400_000;

/** The developer's kit: a program that daemon/main.ts finds beside itself, and the pages of its demo and its simulator. */
const kit = wish["without-kit"]
  ? { programs: {}, pages: {} }
  : {
      programs: { devkit: "daemon/devkit/devkit.ts" },
      pages: { till: "daemon/devkit/demo/till-page", phone: "daemon/devkit/simulator/phone-page" },
    };

/** Name in dist/ → source. A driver with a program of its own has it in drivers/<driver>/…-process.ts; its name here is the driver's. */
const programs = {
  main: "daemon/main.ts",
  ...Object.fromEntries(
    globSync("drivers/*/*-process.ts", { cwd: root }).map((source) => [basename(dirname(source)), source]),
  ),
  ...kit.programs,
};

/** Name in dist/pages/ → folder with main.ts and the other files of the page beside it. */
const pages = {
  console: "daemon/server/console/page",
  ...kit.pages,
};
const pageFile = /\.(html|css|svg|woff2|png|webmanifest)$/;
/** All pages are set in the same type; its licence goes with it. */
const sharedFiles = ["inter.woff2", "inter-license.txt"].map((file) => join("daemon/server/pages", file));

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
};

async function main() {
  const started = new Date();
  await mkdir(outFolder, { recursive: true });
  const results = await Promise.all([bundlePrograms(), bundleClient(), ...Object.entries(pages).map(bundlePage)]);
  const written = results.flatMap(({ metafile }) => Object.keys(metafile.outputs));
  await removeOldChunks(new Set(written.map((path) => resolve(root, path))));
  await writeFile(join(outFolder, ".built"), "");
  // Sources saved while we were bundling must count as newer than this bundle.
  await utimes(join(outFolder, ".built"), started, started);
}

async function bundlePrograms() {
  return build({
    ...common,
    entryPoints: programs,
    outdir: outFolder,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    platform: "node",
    target: "node24",
    sourcemap: "external",
    // Its other form finds its own files by a trick that no bundler sees through.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    plugins: [withoutFetchAdapter, httpByRequire],
    external: ["sqlite3", "node-hid", "@serialport/bindings-cpp", "nfc-pcsc"],
    banner: {
      // Packages in CommonJS call require() for Node's own modules, which an ES module does not have.
      js: 'import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);',
    },
  });
}

/**
 * We use axios over Node's own http. Its other adapter tries out fetch when it is loaded, which brings in a second HTTP client and
 * several megabytes that a till never uses.
 */
const withoutFetchAdapter = {
  name: "without-fetch-adapter",
  setup({ onLoad }) {
    onLoad({ filter: /axios[/\\]lib[/\\]adapters[/\\]fetch\.js$/ }, () => ({
      contents: "export const getFetch = () => undefined; export default undefined;",
    }));
  },
};

/**
 * An ES module that imports node:http makes Node read each of its exports, and some of them load Node's fetch with all it stands
 * on: 10 MB of a till's memory for nothing. Required, they stay unread. What is imported when it is needed is left as it is: of a
 * module that is required, such an import would find nothing but `default`.
 */
const httpByRequire = {
  name: "http-by-require",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, namespace, kind }) =>
      namespace === "by-require" || kind === "dynamic-import"
        ? { path, external: true }
        : { path, namespace: "by-require" },
    );
    onLoad({ filter: /.*/, namespace: "by-require" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

async function bundleClient() {
  return build({
    ...common,
    entryPoints: { client: "daemon/protocol/client.ts", words: "daemon/protocol/words/words.ts" },
    outdir: outFolder,
    platform: "neutral",
    target: "es2022",
  });
}

async function bundlePage([name, folder]) {
  const source = join(root, folder);
  const outdir = join(outFolder, "pages", name);
  await mkdir(outdir, { recursive: true });
  for (const file of await readdir(source)) {
    if (pageFile.test(file)) await copyFile(join(source, file), join(outdir, file));
  }
  for (const file of sharedFiles) await copyFile(join(root, file), join(outdir, basename(file)));
  return build({
    ...common,
    entryPoints: [join(folder, "main.ts")],
    outdir,
    platform: "browser",
    target: "es2022",
    minify: true,
  });
}

/** Chunks of earlier bundles stay for a day: a daemon that is still running may yet load one of them. */
async function removeOldChunks(current) {
  const folder = join(outFolder, "chunks");
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    if (current.has(file)) continue;
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > dayMs) await rm(file);
  }
}

await main();
