import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, exit, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { addonsFor } from "./addons.ts";
import { type Architecture, architectures } from "./contents.ts";
import { debianVersion, pack } from "./debian.ts";
import { nodeFor } from "./node.ts";
import { sourceTime } from "./source-time.ts";
import { layOut } from "./tree.ts";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));
const { version } = manifest;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    options: { fast: { type: "boolean", default: false }, out: { type: "string" } },
    allowPositionals: true,
  });
  const wanted = positionals.length > 0 ? positionals.map(architectureOf) : architectures;
  const out = values.out ?? join(checkout, "dist/packages");
  await mkdir(out, { recursive: true });
  const epoch = await sourceTime(checkout);
  for (const architecture of wanted) {
    const file = join(out, `tillbridge_${debianVersion(version)}_${architecture.debian}.deb`);
    await makeDebian(file, architecture, epoch, values.fast);
    stdout.write(`${file} (${((await stat(file)).size / 1e6).toFixed(1)} MB)\n`);
  }
}

function architectureOf(name: string): Architecture {
  const found = architectures.find(({ debian }) => debian === name);
  if (found === undefined) throw new Error(`no package is made for ${name}: ${names()}`);
  return found;
}

function names(): string {
  return architectures.map(({ debian }) => debian).join(", ");
}

async function makeDebian(file: string, architecture: Architecture, epoch: number, fast: boolean): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "tillbridge-package-"));
  try {
    const dist = join(work, "dist");
    const root = join(work, "root");
    await run(process.execPath, [join(checkout, "scripts/bundle.mjs"), dist]);
    const node = await nodeFor(checkout, architecture);
    const addonFile = await addonsFor({ checkout, architecture, node });
    await layOut(root, { checkout, architecture, dist, version, node, addonFile });
    const metadata = join(checkout, "service/debian");
    await pack(`${file}.part`, { root, metadata, architecture, version, epoch, fast });
    await rename(`${file}.part`, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`package: ${error instanceof Error ? error.message : "failed"}\n`);
  exit(1);
});
