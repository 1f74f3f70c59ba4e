import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { checkout } from "../support/imports.ts";
import { whole } from "./whole.ts";

type Step = () => Promise<unknown>;

const built = join(checkout, "dist");

/**
 * The files of the daemon's program, which an update exchanges as dpkg does: all new files are written beside the old ones, then
 * each is renamed over its predecessor in the order of the names, then those go that the new version does not have. An update may be
 * cut short anywhere. There are two versions, which take turns; the files of each but the main ones have names of their own.
 */
export class Program {
  readonly #folder: string;
  #version = 0;
  #isInstalled = false;
  #left: Step[] = [];

  /** `name`: of this till alone. */
  constructor(name: string) {
    // Below the checkout, so that the addons are found.
    this.#folder = join(checkout, ".cache", "power", "programs", name);
  }

  get main(): string {
    return join(this.#isInstalled ? this.#folder : built, "main.mjs");
  }

  /** Begins an update to the other version. Answers whether it was cut short between its first and its last step. */
  async updatePartly(random: SeededRandom): Promise<boolean> {
    await this.#install();
    const steps = await this.#steps();
    const done = whole(random, 1, steps.length - 1);
    for (const step of steps.slice(0, done)) await step();
    this.#left = steps.slice(done);
    return true;
  }

  /** Finishes what was cut short. */
  async finish(): Promise<void> {
    for (const step of this.#left.splice(0)) await step();
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    if (this.#isInstalled) return;
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(dirname(this.#folder), { recursive: true });
    for (const [name, text] of await version(0)) await put(join(this.#folder, name), text);
    await cp(join(built, "pages"), join(this.#folder, "pages"), { recursive: true });
    this.#isInstalled = true;
  }

  async #steps(): Promise<Step[]> {
    this.#version = 1 - this.#version;
    const files = await version(this.#version);
    const old = await version(1 - this.#version);
    const names = [...files.keys()].toSorted();
    const at = (name: string) => join(this.#folder, name);
    return [
      ...names.map((name) => () => put(`${at(name)}.dpkg-new`, files.get(name) ?? "")),
      ...names.map((name) => () => rename(`${at(name)}.dpkg-new`, at(name))),
      ...[...old.keys()].filter((name) => !files.has(name)).map((name) => () => rm(at(name))),
    ];
  }
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The program's files by their names; in version 1 all chunks are called otherwise. */
async function version(number: number): Promise<ReadonlyMap<string, string>> {
  const chunks = (await programsIn(join(built, "chunks"))).map((name) => `chunks/${name}`);
  const files = new Map<string, string>();
  for (const name of [...chunks, ...(await programsIn(built))]) {
    const text = await readFile(join(built, name), "utf8");
    files.set(renamed(name, number), renamed(text, number));
  }
  return files;
}

async function programsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".mjs"));
}

/** The bundler ends each chunk's name with a hash of eight. */
function renamed(text: string, number: number): string {
  return number === 0 ? text : text.replaceAll(/-([A-Z0-9]{8})\.mjs\b/g, "-$1-2.mjs");
}
