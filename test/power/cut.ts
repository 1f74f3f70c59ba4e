import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../support/imports.ts";
import type { SeededRandom } from "../sim/seeded-random.ts";
import { whole } from "./whole.ts";

const pageBytes = 4096;
const sectorBytes = 512;

/** Compiles disk.c into `folder`, whose path must have no space: LD_PRELOAD would take it for two. Answers the library's path. */
export function diskLibrary(folder: string): string {
  const library = join(folder, "disk.so");
  const source = join(checkout, "test", "power", "disk.c");
  const { status, stderr } = spawnSync(
    process.env["CC"] ?? "cc",
    ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o", library, source, "-ldl", "-lpthread"],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`disk.c does not compile: ${stderr}`);
  return library;
}

/** The environment that puts a program on the disk of disk.c. */
export interface DiskOptions {
  readonly library: string;
  readonly live: string;
  /** Undefined: syncs go to the real disk, and power is never cut. */
  readonly shadow?: string;
  readonly rules?: readonly string[];
  readonly syncs?: "ignored" | "files";
}

export function diskVariables({ library, live, shadow, rules = [], syncs }: DiskOptions): Record<string, string> {
  return {
    LD_PRELOAD: library,
    POWER_LIVE: live,
    POWER_RULES: rules.join(","),
    ...(shadow !== undefined && { POWER_SHADOW: shadow }),
    ...(syncs && { POWER_SYNCS: syncs }),
  };
}

/** An empty shadow for the next life. */
export async function freshShadow(shadow: string): Promise<void> {
  await rm(shadow, { recursive: true, force: true });
  await mkdir(join(shadow, "file"), { recursive: true });
  await mkdir(join(shadow, "folder"));
}

interface Entry {
  readonly kind: "f" | "d";
  readonly id: string;
}

type Entries = ReadonlyMap<string, Entry>;

/** What a cut did, for people who look into a failure. */
export interface Damage {
  pagesLost: number;
  pagesKept: number;
  pagesTorn: number;
  namesLost: number;
  namesKept: number;
}

/**
 * The power goes: `live` becomes what a disk without its cache may hold. What was synced is there. Of the rest, each page and each
 * name is there or not, as it comes, in any order; some pages are torn between two sectors. A rename either took place or not.
 */
export async function cutPower(live: string, shadow: string, random: SeededRandom): Promise<Damage> {
  const cut = new Cut(shadow, random);
  // Killed before its first line: the disk is as it was.
  if (!existsSync(join(shadow, "begun"))) return cut.damage;
  await cut.look(live);
  const after = `${live}.after`;
  await rm(after, { recursive: true, force: true });
  await cut.write(await idOf(live), after);
  await rm(live, { recursive: true });
  await rename(after, live);
  return cut.damage;
}

class Cut {
  readonly damage: Damage = { pagesLost: 0, pagesKept: 0, pagesTorn: 0, namesLost: 0, namesKept: 0 };
  readonly #shadow: string;
  readonly #dice: SeededRandom;
  /** Where each file and folder is now, and what each folder holds now. */
  readonly #paths = new Map<string, string>();
  readonly #now = new Map<string, Entries>();
  readonly #placed = new Set<string>();
  #after: Map<string, Map<string, Entry>> = new Map();

  constructor(shadow: string, random: SeededRandom) {
    this.#shadow = shadow;
    this.#dice = random;
  }

  async look(folder: string): Promise<void> {
    const id = await idOf(folder);
    this.#paths.set(id, folder);
    const entries = new Map<string, Entry>();
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      const child = { kind: entry.isFile() ? "f" : "d", id: await idOf(path) } as const;
      entries.set(entry.name, child);
      this.#paths.set(child.id, path);
      if (child.kind === "d") await this.look(path);
    }
    this.#now.set(id, entries);
  }

  async write(rootId: string, target: string): Promise<void> {
    this.#after = await this.#names();
    await this.#writeFolder(rootId, target);
  }

  async #names(): Promise<Map<string, Map<string, Entry>>> {
    const durable = await this.#durable();
    const after = new Map<string, Map<string, Entry>>();
    for (const id of new Set([...durable.keys(), ...this.#now.keys()]))
      after.set(id, this.#mixed(durable.get(id), this.#now.get(id)));
    for (const [folder, entries] of durable) this.#putBack(after, folder, entries);
    return after;
  }

  async #durable(): Promise<Map<string, Entries>> {
    const folders = join(this.#shadow, "folder");
    const found = new Map<string, Entries>();
    for (const id of await readdir(folders)) found.set(id, parse(await readFile(join(folders, id), "utf8")));
    return found;
  }

  #mixed(durable: Entries = new Map(), now: Entries = new Map()): Map<string, Entry> {
    const after = new Map<string, Entry>();
    for (const name of new Set([...durable.keys(), ...now.keys()])) {
      const [old, fresh] = [durable.get(name), now.get(name)];
      const isKept = old?.id === fresh?.id || this.#dice.chance(0.5);
      if (old?.id !== fresh?.id) this.damage[isKept ? "namesKept" : "namesLost"] += 1;
      const entry = isKept ? fresh : old;
      if (entry) after.set(name, entry);
    }
    return after;
  }

  /** A file system makes a rename whole: what had a durable name and was only renamed keeps the old name or has the new one. */
  #putBack(after: Map<string, Map<string, Entry>>, folder: string, durable: Entries): void {
    for (const [name, entry] of durable) {
      const isAnywhere = [...after.values()].some((names) => [...names.values()].some(({ id }) => id === entry.id));
      if (isAnywhere || !this.#paths.has(entry.id)) continue;
      const names = after.get(folder);
      if (names && !names.has(name)) names.set(name, entry);
      else this.#putWhereItIs(after, entry);
    }
  }

  #putWhereItIs(after: Map<string, Map<string, Entry>>, entry: Entry): void {
    for (const [folder, entries] of this.#now) {
      for (const [name, { id }] of entries) if (id === entry.id) after.get(folder)?.set(name, entry);
    }
  }

  async #writeFolder(id: string, target: string): Promise<void> {
    await mkdir(target, { mode: 0o700 });
    for (const [name, entry] of this.#after.get(id) ?? []) {
      // Both its old and its new name were drawn: it has one of them.
      if (this.#placed.has(entry.id)) continue;
      this.#placed.add(entry.id);
      if (entry.kind === "d") await this.#writeFolder(entry.id, join(target, name));
      else await writeFile(join(target, name), await this.#content(entry.id), { mode: 0o600 });
    }
  }

  async #content(id: string): Promise<Buffer> {
    const durable = await readFile(join(this.#shadow, "file", id)).catch(() => Buffer.alloc(0));
    const path = this.#paths.get(id);
    return path === undefined ? durable : this.#pages(durable, await readFile(path));
  }

  #pages(durable: Buffer, now: Buffer): Buffer {
    if (durable.equals(now)) return durable;
    const after = Buffer.alloc(this.#dice.chance(0.5) ? now.length : durable.length);
    for (let at = 0; at < after.length; at += pageBytes) this.#page(after, durable, now, at);
    return after;
  }

  #page(after: Buffer, durable: Buffer, now: Buffer, at: number): void {
    const end = Math.min(at + pageBytes, after.length);
    const [old, fresh] = [durable.subarray(at, end), now.subarray(at, end)];
    if (old.equals(fresh)) return void old.copy(after, at);
    const fate = this.#dice.pick([
      "pagesLost",
      "pagesLost",
      "pagesLost",
      "pagesLost",
      "pagesKept",
      "pagesKept",
      "pagesKept",
      "pagesKept",
      "pagesTorn",
    ] as const);
    this.damage[fate] += 1;
    const keptBytes = { pagesLost: 0, pagesKept: pageBytes, pagesTorn: whole(this.#dice, 1, 7) * sectorBytes }[fate];
    old.copy(after, at);
    fresh.copy(after, at, 0, Math.min(keptBytes, fresh.length));
  }
}

function parse(text: string): Entries {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [kind = "", id = ""] = line.split(" ", 2);
      return [line.slice(kind.length + id.length + 2), { kind: kind === "d" ? "d" : "f", id }];
    }),
  );
}

async function idOf(path: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${ino}-${birthtimeNs}`;
}

/** Copies a folder with all that is in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) await copyFolder(join(from, entry.name), join(to, entry.name));
    if (entry.isFile()) await copyFile(join(from, entry.name), join(to, entry.name));
  }
}
