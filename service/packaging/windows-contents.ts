import { type Part, parts } from "./contents.ts";

/** The wrapper that Windows starts (MIT). Two others, who pin it too, name the same sum: winget's manifest 1.9.0 and its release page. */
export const shawl = {
  archive: "shawl-v1.9.0-win64.zip",
  url: "https://github.com/mtkennerly/shawl/releases/download/v1.9.0/shawl-v1.9.0-win64.zip",
  sha256: "f883c5d09c9beae2efaeabd8513e7d3f57cd1d0864cec3df4f4a7b6ee904351c",
} as const;

/** It speaks Node's C++ interface, which only Microsoft's compiler can: made on Windows, and brought along. */
export const pcscliteFile = "pcsclite.node";

const forWindows: Readonly<Record<string, string>> = {
  "node-hid": "prebuilds/HID-win32-x64",
  "@serialport/bindings-cpp": "prebuilds/win32-x64",
};

/** What a till with Windows needs of node_modules: the same packages with Windows' binaries. */
export function windowsParts(hasReaders: boolean): readonly Part[] {
  return parts({ node: "x64" }).map((part) => {
    const binary = forWindows[part.name];
    const keep = [
      ...part.keep.filter((path) => !path.startsWith("prebuilds/")),
      ...(binary === undefined ? [] : [binary]),
    ];
    const { addon, ...rest } = part;
    const hasAddon = addon !== undefined && (part.name === "sqlite3" || hasReaders);
    return hasAddon ? { ...rest, keep, addon } : { ...rest, keep };
  });
}
