import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { checkout } from "./imports.ts";

/** Puts a program of docs/ and what it imports into `folder`, a package that has the client in it, as in a checkout that was set up. */
export async function installed(folder: string, script: string, ...imported: string[]): Promise<string> {
  await mkdir(join(folder, "dist"), { recursive: true });
  await mkdir(join(folder, "docs/examples"), { recursive: true });
  await cp(join(checkout, "package.json"), join(folder, "package.json"));
  for (const file of [script, ...imported]) await cp(join(checkout, file), join(folder, file));
  await build({
    entryPoints: [join(checkout, "daemon/protocol/client.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile: join(folder, "dist/client.js"),
  });
  return join(folder, script);
}
