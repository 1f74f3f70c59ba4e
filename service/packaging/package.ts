import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, exit, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { addonsFor } from "./addons.ts";
import { bundle } from "./bundle.ts";
import { type Architecture, architectures } from "./contents.ts";
import { debianVersion, pack } from "./debian.ts";
import { nodeFor } from "./node.ts";
import { sourceTime } from "./source-time.ts";
import { layOut } from "./tree.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const { version } = manifest;

const flag = { type: "boolean", default: false } as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    options: { fast: flag, out: { type: "string" }, "without-kit": flag },
    allowPositionals: true,
  });
  const wanted = positionals.length > 0 ? positionals.map(architectureOf) : architectures;
  const out = values.out ?? join(checkout, "dist/packages");
  await mkdir(out, { recursive: true });
  const epoch = await sourceTime(checkout);
  for (const architecture of wanted) {
    const file = join(out, `tillbridge_${debianVersion(version)}_${architecture.debian}.deb`);
    await makeDebian(file, { architecture, epoch, fast: values.fast, kit: !values["without-kit"] });
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

interface Wish {
  readonly architecture: Architecture;
  readonly epoch: number;
  readonly fast: boolean;
  /** The developer's kit goes along. */
  readonly kit: boolean;
}

async function makeDebian(file: string, { architecture, epoch, fast, kit }: Wish): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "tillbridge-package-"));
  try {
    const dist = join(work, "dist");
    const root = join(work, "root");
    await bundle(checkout, dist, kit);
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
