import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";

/** A processor as Debian, npm and the makers of addons name it. */
export interface Architecture {
  readonly debian: "amd64" | "arm64";
  readonly node: "x64" | "arm64";
  /** GNU's name: what a compiler's programs begin with. */
  readonly gnu: "x86_64-linux-gnu" | "aarch64-linux-gnu";
}

export const architectures: readonly Architecture[] = [
  { debian: "amd64", node: "x64", gnu: "x86_64-linux-gnu" },
  { debian: "arm64", node: "arm64", gnu: "aarch64-linux-gnu" },
];

/** Files of a npm package that a till needs: those below `keep`, relative to the package. */
export interface Part {
  readonly name: string;
  /** Whose dependency it is: two packages may bring their own version of a third. */
  readonly of?: string;
  readonly keep: readonly string[];
  /** Compiled by scripts/natives.mjs; the name of the file it makes. */
  readonly addon?: string;
}

/**
 * What stays in node_modules when the rest is bundled: addons, and what loads them. Sources, build files and other systems' binaries
 * stay behind.
 */
export function parts({ node }: Pick<Architecture, "node">): readonly Part[] {
  return [
    { name: "sqlite3", keep: ["lib"], addon: "node_sqlite3.node" },
    { name: "node-hid", keep: [...hidFiles, `prebuilds/HID-linux-${node}`, `prebuilds/HID_hidraw-linux-${node}`] },
    { name: "pkg-prebuilds", of: "node-hid", keep: ["bindings.js", "lib"] },
    {
      name: "@serialport/bindings-cpp",
      keep: ["dist", `prebuilds/linux-${node}/@serialport+bindings-cpp.${serialBuilds[node]}.node`],
    },
    { name: "@serialport/bindings-interface", of: "@serialport/bindings-cpp", keep: ["dist"] },
    { name: "@serialport/parser-readline", of: "@serialport/bindings-cpp", keep: ["dist"] },
    { name: "@serialport/parser-delimiter", of: "@serialport/parser-readline", keep: ["dist"] },
    { name: "debug", of: "@serialport/bindings-cpp", keep: ["src"] },
    { name: "ms", of: "debug", keep: ["index.js"] },
    { name: "node-gyp-build", of: "@serialport/bindings-cpp", keep: ["index.js", "node-gyp-build.js"] },
    { name: "nfc-pcsc", keep: ["dist"] },
    { name: "@pokusew/pcsclite", of: "nfc-pcsc", keep: ["lib"], addon: "pcsclite.node" },
    { name: "bindings", of: "sqlite3", keep: ["bindings.js"] },
    { name: "file-uri-to-path", of: "bindings", keep: ["index.js"] },
  ];
}

/** What the serial addon's makers call their binary for each processor. */
const serialBuilds: Readonly<Record<Architecture["node"], string>> = { x64: "glibc", arm64: "armv8.glibc" };
const hidFiles = ["nodehid.js", "binding-options.js"];

/** Kept of every package, whatever else is. */
export const alwaysKept = /^(package\.json|licen[cs]e.*)$/i;
/** Of no use to a till, wherever they lie. */
export const neverKept = /\.(d\.[cm]?ts|[cm]?ts|map|md)$/;

/** The part's folder in `modules`, and its place below it. */
export function placeOf(modules: string, part: Part): { readonly folder: string; readonly place: string } {
  const from = part.of === undefined ? modules : placeOf(modules, { name: part.of, keep: [] }).folder;
  const folders = createRequire(join(from, "package.json")).resolve.paths(part.name) ?? [];
  for (const folder of folders.map((path) => join(path, part.name))) {
    if (existsSync(join(folder, "package.json"))) return { folder, place: relative(modules, folder) };
  }
  throw new Error(`${part.name} is not installed`);
}
