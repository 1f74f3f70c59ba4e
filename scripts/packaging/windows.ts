import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { nodeFor, nodeForWindows } from "./node.ts";
import { sourceTime } from "./source-time.ts";
import { filesBelow, put, putPart, write } from "./tree.ts";
import { sqliteForWindows } from "./windows-addons.ts";
import { pcscliteFile, shawl, windowsParts } from "./windows-contents.ts";
import { fileInZip, zipOf } from "./zip.ts";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));
const commandFiles = ["install.cmd", "uninstall.cmd", "tillbridge.cmd"];

async function main(): Promise<void> {
  const options = { binaries: { type: "string" }, incomplete: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ options: { ...options, out: { type: "string" } } });
  const missing = await missingIn(values.binaries);
  for (const line of missing) console.error(`missing: ${line}`);
  if (missing.length > 0 && !values.incomplete) {
    throw new Error(
      "put them in a folder and name it with --binaries FOLDER; or make it --incomplete, to be looked at",
    );
  }
  const out = values.out ?? join(checkout, "dist/packages");
  await mkdir(out, { recursive: true });
  const name = `tillbridge-${manifest.version}-windows-x64${missing.length > 0 ? "-incomplete" : ""}.zip`;
  const work = await mkdtemp(join(tmpdir(), "tillbridge-windows-"));
  try {
    await layOutWindows(join(work, "tillbridge"), work, values.binaries);
    const entries = await Promise.all(
      (await filesBelow(work)).map(async (file) => ({
        name: relative(work, file).split(sep).join("/"),
        content: await readFile(file),
      })),
    );
    const shipped = entries.filter((entry) => entry.name.startsWith("tillbridge/"));
    const archive = zipOf(shipped, await sourceTime(checkout));
    await writeFile(join(out, `${name}.part`), archive);
    await rename(join(out, `${name}.part`), join(out, name));
    console.log(`${join(out, name)} (${(archive.length / 1e6).toFixed(1)} MB)`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What cannot be had from npm, in words for whoever makes the release. */
async function missingIn(binaries: string | undefined): Promise<string[]> {
  const isThere = (name: string) => binaries !== undefined && existsSync(join(binaries, name));
  return [
    ...(isThere(shawl.archive) ? [] : [`${shawl.archive} from ${shawl.url} (SHA-256 ${shawl.sha256})`]),
    ...(isThere(pcscliteFile) ? [] : [`${pcscliteFile}, compiled on Windows: see docs/windows.md, "Making a release"`]),
  ];
}

async function layOutWindows(root: string, work: string, binaries: string | undefined): Promise<void> {
  const dist = join(work, "bundle");
  await run(process.execPath, [join(checkout, "scripts/bundle.mjs"), dist]);
  for (const file of await filesBelow(dist)) {
    const name = relative(dist, file);
    if (!name.endsWith(".map") && !name.startsWith(".")) await put(file, join(root, "dist", name));
  }
  const node = await nodeForWindows(checkout);
  await put(node.program, join(root, "node.exe"));
  const here = await nodeFor(checkout, { debian: "amd64", node: "x64", gnu: "x86_64-linux-gnu" });
  const sqlite = await sqliteForWindows(checkout, node.program, join(here.folder, "include/node"));
  const pcsclite = binaries === undefined ? undefined : join(binaries, pcscliteFile);
  const hasReaders = pcsclite !== undefined && existsSync(pcsclite);
  for (const part of windowsParts(hasReaders)) {
    const addonFile = () => (part.name === "sqlite3" ? sqlite : (pcsclite ?? ""));
    await putPart(join(root, "node_modules"), part, { checkout, addonFile });
  }
  await write(
    join(root, "package.json"),
    `${JSON.stringify({ name: "tillbridge", version: manifest.version, type: "module" }, null, 2)}\n`,
  );
  for (const file of commandFiles) {
    const text = await readFile(join(checkout, "service/windows", file), "utf8");
    await write(join(root, file), text.replaceAll("\n", "\r\n"));
  }
  await put(join(checkout, "LICENSE"), join(root, "LICENSE"));
  if (binaries !== undefined && existsSync(join(binaries, shawl.archive)))
    await writeFile(join(root, "shawl.exe"), await shawlIn(join(binaries, shawl.archive)));
  await write(join(root, "CONTENTS.txt"), await contentsOf(root));
}

/** Held against what was looked at when it was chosen. */
async function shawlIn(archive: string): Promise<Buffer> {
  const content = await readFile(archive);
  const sum = sha256Of(content);
  if (sum !== shawl.sha256) throw new Error(`${archive} is not the one that was chosen: its SHA-256 is ${sum}`);
  return fileInZip(content, "shawl.exe");
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
