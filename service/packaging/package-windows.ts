import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { bundle } from "./bundle.ts";
import { nodeFor, nodeForWindows } from "./node.ts";
import { sourceTime } from "./source-time.ts";
import { filesBelow, put, putPart, write } from "./tree.ts";
import { sqliteForWindows } from "./windows-addons.ts";
import { pcscliteFile, shawl, windowsParts } from "./windows-contents.ts";
import { fileInZip, type ZipEntry, zipOf } from "./zip.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const commandFiles = ["install.cmd", "uninstall.cmd", "tillbridge.cmd"];

const flag = { type: "boolean", default: false } as const;
const options = {
  binaries: { type: "string" },
  incomplete: flag,
  out: { type: "string" },
  "without-kit": flag,
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  const prebuilt = await prebuiltIn(values.binaries);
  const missing = missingOf(prebuilt);
  for (const line of missing) console.error(`missing: ${line}`);
  if (missing.length > 0 && !values.incomplete) {
    throw new Error(
      "put them in a folder and name it with --binaries FOLDER; or make it --incomplete, to be looked at",
    );
  }
  const out = values.out ?? join(checkout, "dist/packages");
  const name = `tillbridge-${manifest.version}-windows-x64${missing.length > 0 ? "-incomplete" : ""}.zip`;
  const archive = await archiveOf(prebuilt, !values["without-kit"]);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${name}.part`), archive);
  await rename(join(out, `${name}.part`), join(out, name));
  console.log(`${join(out, name)} (${(archive.length / 1e6).toFixed(1)} MB)`);
}

async function archiveOf(prebuilt: PrebuiltFiles, kit: boolean): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), "tillbridge-windows-"));
  try {
    const root = join(work, "tillbridge");
    const dist = join(work, "bundle");
    await bundle(checkout, dist, kit);
    await layOutWindows(root, dist, prebuilt);
    const entries: ZipEntry[] = [];
    for (const file of await filesBelow(root))
      entries.push({ name: relative(work, file).split(sep).join("/"), content: await readFile(file) });
    return zipOf(entries, await sourceTime(checkout));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What a release brings along; undefined where it does not. */
interface PrebuiltFiles {
  readonly shawl: Buffer | undefined;
  /** The file of pcsclite's addon. */
  readonly pcsclite: string | undefined;
}

async function prebuiltIn(binaries: string | undefined): Promise<PrebuiltFiles> {
  const fileOf = (name: string) =>
    binaries === undefined ? undefined : [join(binaries, name)].find((it) => existsSync(it));
  const archive = fileOf(shawl.archive);
  return { shawl: archive === undefined ? undefined : await shawlIn(archive), pcsclite: fileOf(pcscliteFile) };
}

/** Held against what was looked at when it was chosen. */
async function shawlIn(archive: string): Promise<Buffer> {
  const content = await readFile(archive);
  const sum = sha256Of(content);
  if (sum !== shawl.sha256) throw new Error(`${archive} is not the one that was chosen: its SHA-256 is ${sum}`);
  return fileInZip(content, "shawl.exe");
}

/** In words for the person who makes the release. */
function missingOf(prebuilt: PrebuiltFiles): string[] {
  return [
    ...(prebuilt.shawl ? [] : [`${shawl.archive} from ${shawl.url} (SHA-256 ${shawl.sha256})`]),
    ...(prebuilt.pcsclite === undefined
      ? [`${pcscliteFile}, compiled on Windows: see docs/windows.md, "Making a release"`]
      : []),
  ];
}

async function layOutWindows(root: string, dist: string, prebuilt: PrebuiltFiles): Promise<void> {
  await putBundle(root, dist);
  await putNodeAndAddons(root, prebuilt);
  await putOwnFiles(root);
  if (prebuilt.shawl) await writeFile(join(root, "shawl.exe"), prebuilt.shawl);
  await write(join(root, "CONTENTS.txt"), await contentsOf(root));
}

async function putBundle(root: string, dist: string): Promise<void> {
  for (const file of await filesBelow(dist)) {
    const name = relative(dist, file);
    if (!name.endsWith(".map") && !name.startsWith(".")) await put(file, join(root, "dist", name));
  }
}

async function putNodeAndAddons(root: string, { pcsclite }: PrebuiltFiles): Promise<void> {
  const node = await nodeForWindows(checkout);
  await put(node.program, join(root, "node.exe"));
  const here = await nodeFor(checkout, { debian: "amd64", node: "x64", gnu: "x86_64-linux-gnu" });
  const sqlite = await sqliteForWindows(checkout, node.program, join(here.folder, "include/node"));
  for (const part of windowsParts(pcsclite !== undefined)) {
    const addonFile = () => (part.name === "sqlite3" ? sqlite : (pcsclite ?? ""));
    await putPart(join(root, "node_modules"), part, { checkout, addonFile });
  }
}

async function putOwnFiles(root: string): Promise<void> {
  const { version } = manifest;
  await write(
    join(root, "package.json"),
    `${JSON.stringify({ name: "tillbridge", version, type: "module" }, null, 2)}\n`,
  );
  for (const file of commandFiles) {
    const text = await readFile(join(checkout, "service/windows", file), "utf8");
    await write(join(root, file), text.replaceAll("\n", "\r\n"));
  }
  await put(join(checkout, "LICENSE"), join(root, "LICENSE"));
}

/** Which files are programs and so to be signed, and the sum of each file. */
async function contentsOf(root: string): Promise<string> {
  const lines = await Promise.all(
    (await filesBelow(root)).map(async (file) => {
      const kind = /\.(exe|node|dll)$/.test(file) ? "sign" : "    ";
      return `${kind}  ${sha256Of(await readFile(file))}  ${relative(root, file).split(sep).join("/")}`;
    }),
  );
  return ["Files to be signed are marked. SHA-256 before signing.", "", ...lines, ""].join("\r\n");
}

function sha256Of(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

await main().catch((error: unknown) => {
  console.error(`package-windows: ${error instanceof Error ? error.message : "failed"}`);
  process.exit(1);
});
