import type { System } from "../../service/system.ts";
import type { RegistryKey } from "../../service/windows/reg-query.ts";

/** A computer in memory: files, folders, Windows' registry, and which programs were run. Programs do nothing and end with 0. */
export class MemorySystem implements System {
  readonly files = new Map<string, { content: string; mode: string }>();
  readonly folders = new Set<string>();
  readonly values = new Map<string, Map<string, string>>();
  readonly ran: string[][] = [];
  /** Exit codes of programs, by the beginning of the command. */
  readonly codes = new Map<string, number>();
  /** What programs print, by the whole command. */
  readonly outputs = new Map<string, string>();
  /** How long was waited, all in all; no time passes. */
  pausedMs = 0;

  put(path: string, content: string): void {
    this.files.set(path, { content, mode: "644" });
    this.#foldersTo(path);
  }

  set(key: string, name: string, data: string): void {
    const parts = key.split("\\");
    for (let length = 2; length <= parts.length; length += 1) {
      const above = parts.slice(0, length).join("\\");
      if (!this.values.has(above)) this.values.set(above, new Map());
    }
    this.values.get(key)?.set(name, data);
  }

  /** Everything that is there, to be compared before and after. */
  everything(): unknown {
    const keys = [...this.values].map(([key, values]) => [key, [...values]]);
    return {
      files: [...this.files].toSorted(byName),
      folders: [...this.folders].toSorted(),
      keys: keys.toSorted(byName),
    };
  }

  text(path: string): Promise<string | undefined> {
    return Promise.resolve(this.files.get(path)?.content);
  }

  names(folder: string): Promise<readonly string[]> {
    const below = [...this.files.keys(), ...this.folders].filter((path) => path.startsWith(`${folder}/`));
    const names = new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""));
    return Promise.resolve([...names].toSorted((one, other) => (one < other ? -1 : 1)));
  }

  isThere(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path) || this.folders.has(path));
  }

  registry(key: string): Promise<RegistryKey | undefined> {
    const values = this.values.get(key);
    if (!values) return Promise.resolve(undefined);
    const keys = [...this.values.keys()].filter((other) => other.slice(0, other.lastIndexOf("\\")) === key);
    return Promise.resolve({ values: new Map(values), keys: keys.map((path) => path.slice(key.length + 1)) });
  }

  output(command: readonly string[]): Promise<string | undefined> {
    return Promise.resolve(this.outputs.get(command.join(" ")));
  }

  write(path: string, content: string, mode: string): Promise<void> {
    this.files.set(path, { content, mode });
    this.#foldersTo(path);
    return Promise.resolve();
  }

  makeFolder(path: string): Promise<void> {
    this.#foldersTo(`${path}/x`);
    return Promise.resolve();
  }

  async copyFolder(from: string, to: string): Promise<void> {
    await this.removeWhole(to);
    const inside = [...this.files].filter(([path]) => path.startsWith(`${from}/`));
    for (const [path, file] of inside) await this.write(`${to}${path.slice(from.length)}`, file.content, file.mode);
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  async removeEmpty(folder: string): Promise<boolean> {
    return (await this.names(folder)).length === 0 && this.folders.delete(folder);
  }

  removeWhole(folder: string): Promise<void> {
    for (const path of [...this.files.keys(), ...this.folders]) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      this.files.delete(path);
      this.folders.delete(path);
    }
    return Promise.resolve();
  }

  pause(ms: number): Promise<void> {
    this.pausedMs += ms;
    return Promise.resolve();
  }

  run(command: readonly string[]): Promise<{ code: number; said: string }> {
    const [program, verb, key = "", ...rest] = command;
    if (program === "reg.exe") this.#reg(verb, key, rest);
    else this.ran.push([...command]);
    const words = command.join(" ");
    const code = [...this.codes].find(([start]) => words.startsWith(start))?.[1] ?? 0;
    return Promise.resolve({ code, said: code === 0 ? "" : "it did not work" });
  }

  #reg(verb: string | undefined, key: string, [flag, name = "", , , , data = ""]: readonly string[]): void {
    if (verb === "add") this.set(key, name, data);
    else if (flag === "/v") this.values.get(key)?.delete(name);
    else for (const other of this.values.keys()) if (`${other}\\`.startsWith(`${key}\\`)) this.values.delete(other);
  }

  #foldersTo(path: string): void {
    const parts = path.split("/");
    for (let length = 2; length < parts.length; length += 1) this.folders.add(parts.slice(0, length).join("/"));
  }
}

function byName(one: readonly unknown[], other: readonly unknown[]): number {
  return String(one[0]) < String(other[0]) ? -1 : 1;
}
