import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds daemon/, drivers/ and test/. */
export const checkout = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface Import {
  /** As written: `./wire.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** Path from the checkout with forward slashes, when it names a file of ours. */
  readonly file: string | undefined;
  /** `static` runs at start; `dynamic` when its line is reached; `type` never. */
  readonly kind: "static" | "dynamic" | "type";
  /** The statement, or the line that calls import(). */
  readonly text: string;
}

const statement = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?["']([^"']+)["']/gm;
const call = /\bimport\(\s*["']([^"']+)["']/g;

/** Everything that a source names in an import or a re-export. Relies on the formatter: a statement starts its line. */
export function importsIn(source: string, file: string): Import[] {
  const written = [...source.matchAll(statement)].map(([text, type, specifier = ""]) =>
    named(specifier, file, type ? "type" : "static", text),
  );
  const called = [...source.matchAll(call)].map(({ 1: specifier = "", index }) =>
    named(specifier, file, "dynamic", lineAt(source, index)),
  );
  return [...written, ...called];
}

function lineAt(source: string, index: number): string {
  const end = source.indexOf("\n", index);
  return source.slice(source.lastIndexOf("\n", index) + 1, end === -1 ? undefined : end).trim();
}

function named(specifier: string, from: string, kind: Import["kind"], text: string): Import {
  const file = specifier.startsWith(".") ? join(dirname(from), specifier).replaceAll("\\", "/") : undefined;
  return { specifier, file, kind, text };
}

/** Every TypeScript source below the folders, as path from the checkout → its imports. */
export async function importsBelow(...folders: string[]): Promise<Map<string, Import[]>> {
  const found = new Map<string, Import[]>();
  for (const folder of folders.filter((name) => existsSync(join(checkout, name)))) {
    for (const entry of await readdir(join(checkout, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      const file = relative(checkout, path).replaceAll("\\", "/");
      found.set(file, importsIn(await readFile(path, "utf8"), file));
    }
  }
  return found;
}

/** Every file of ours and every package that runs as soon as `entry` is imported, without waiting for a dynamic import. */
export function loadedAtStart(entry: string, imports: ReadonlyMap<string, Import[]>): Set<string> {
  const loaded = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    const running = (imports.get(file) ?? []).filter((item) => item.kind === "static");
    waiting.push(...running.map((item) => item.file ?? item.specifier));
  }
  return loaded;
}

/** Files that can reach each other by imports of any kind, one list for each such group, sorted (Tarjan's strongly connected components). */
export function circlesIn(imports: ReadonlyMap<string, Import[]>): string[][] {
  const circles: string[][] = [];
  const reached = new Map<string, number>();
  const path: string[] = [];
  const closed = new Set<string>();

  /** The earliest file on the path that `file` leads back to, by its number. */
  function lowestFrom(file: string): number {
    const number = reached.size;
    reached.set(file, number);
    path.push(file);
    let lowest = number;
    for (const { file: next } of imports.get(file) ?? []) {
      if (next === undefined || !imports.has(next) || closed.has(next)) continue;
      lowest = Math.min(lowest, reached.get(next) ?? lowestFrom(next));
    }
    if (lowest === number) close(path.splice(path.indexOf(file)));
    return lowest;
  }

  function close(group: string[]): void {
    for (const file of group) closed.add(file);
    if (group.length > 1) circles.push(group.toSorted((one, other) => one.localeCompare(other)));
  }

  for (const file of imports.keys()) if (!reached.has(file)) lowestFrom(file);
  return circles;
}
