import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { checkout } from "../support/imports.ts";
import { origin } from "./till.ts";

const run = promisify(execFile);

/** A folder with everything that a machine is handed: the package in three versions, and the world around the till. */
export interface Stage {
  readonly folder: string;
  readonly version: string;
  readonly packageBytes: number;
  remove(): Promise<void>;
}

/** `package`: the .deb under test. The next version is made of it, and one after that whose service does not start. */
export async function makeStage(file: string): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-stage-"));
  await programs(folder);
  const packages = join(checkout, "dist/packages");
  await cp(join(checkout, "dist"), join(folder, "dist"), { recursive: true, filter: (path) => path !== packages });
  await cp(process.execPath, join(folder, "node"));
  await cp(file, join(folder, "till.deb"));
  const { stdout } = await run("dpkg-deb", ["-f", file, "Version"]);
  const version = stdout.trim();
  await variants(file, folder, version);
  await writeFile(join(folder, "answers"), JSON.stringify(answers));
  await chmod(folder, 0o755);
  const packageBytes = (await readFile(file)).length;
  return { folder, version, packageBytes, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function nextVersion(version: string, steps: number): string {
  return version.replace(/\d+$/, (last) => `${Number(last) + steps}`);
}

/** What an installer carries from till to till. */
const answers = {
  till: { id: "kassa1", name: "Kassa 1" },
  origins: [origin],
  mobilepay: { baseUrl: "http://127.0.0.1:8460", merchantSerialNumber: "123456", currency: "DKK" },
  devices: "find",
};

function programs(folder: string) {
  const entryPoints = { page: "test/service/page.ts", usb: "test/service/usb.ts", approve: "test/service/approve.ts" };
  return build({
    absWorkingDir: checkout,
    entryPoints,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    logLevel: "warning",
  });
}

async function variants(file: string, folder: string, version: string): Promise<void> {
  const tree = join(folder, "tree");
  await mkdir(tree);
  await run("dpkg-deb", ["-R", file, tree]);
  const next = nextVersion(version, 1);
  await rename(tree, version, next);
  await pack(tree, join(folder, "next.deb"));
  await rename(tree, next, nextVersion(version, 2));
  const main = join(tree, "usr/lib/tillbridge/dist/main.mjs");
  const text = await readFile(main, "utf8");
  await writeFile(main, `if (process.argv[2] === "run") process.exit(1);\n${text}`);
  await pack(tree, join(folder, "broken.deb"));
  await rm(tree, { recursive: true });
}

/** Wherever the package and the program in it say which version they are. */
async function rename(tree: string, from: string, to: string): Promise<void> {
  const program = join(tree, "usr/lib/tillbridge");
  const bundle = (await readdir(join(program, "dist"), { recursive: true })).filter((name) => name.endsWith(".mjs"));
  const files = [join(tree, "DEBIAN/control"), join(program, "package.json")];
  for (const file of [...files, ...bundle.map((name) => join(program, "dist", name))]) {
    const text = await readFile(file, "utf8").catch(() => "");
    const renamed = text
      .replace(`Version: ${from}\n`, `Version: ${to}\n`)
      .replace(`version: "${from}"`, `version: "${to}"`)
      .replace(`"version": "${from}"`, `"version": "${to}"`);
    if (renamed !== text) await writeFile(file, renamed);
  }
}

async function pack(tree: string, file: string): Promise<void> {
  await run("dpkg-deb", ["-Znone", "--root-owner-group", "-b", tree, file]);
}
