import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const bundledFrom = /^ *\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/\s]+\/)?[^/\s]+)\//gm;
const licenceFile = /^(licen[cs]e|copying)/i;

export interface CopyrightSources {
  readonly checkout: string;
  /** Files of the bundle: what was bundled stands in its own comments. */
  readonly bundle: readonly string[];
  /** Folders of packages that go along as they are. */
  readonly folders: readonly string[];
  /** The folder of the Node that goes along. */
  readonly node: string;
}

/** The licences of everything in the package, as they ask for. */
export async function copyrightText({ checkout, bundle, folders, node }: CopyrightSources): Promise<string> {
  const bundled = new Set<string>();
  for (const file of bundle.filter((name) => name.endsWith(".mjs"))) {
    for (const [, folder = ""] of (await readFile(file, "utf8")).matchAll(bundledFrom))
      bundled.add(join(checkout, folder));
  }
  const packages = [...new Set([...bundled, ...folders])];
  const texts = await Promise.all(packages.map(packageLicence));
  return [
    await section("Tillbridge", checkout),
    await section("Node.js", node),
    `Inter, the typeface of the pages\n\n${await readFile(join(checkout, fontLicence), "utf8")}`,
    ...texts.toSorted(),
  ].join(`\n${"=".repeat(80)}\n\n`);
}

const fontLicence = "daemon/server/pages/inter-license.txt";

async function packageLicence(folder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const { name, version, license } = manifest as { name: string; version: string; license?: unknown };
  return section(`${name} ${version} (${typeof license === "string" ? license : "see below"})`, folder);
}

/** Code and what it is made of may have a licence each. */
async function section(title: string, folder: string): Promise<string> {
  const files = (await readdir(folder)).toSorted().filter((name) => licenceFile.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return `${title}\n\n${texts.map((text) => text.trim()).join("\n\n")}\n`;
}
