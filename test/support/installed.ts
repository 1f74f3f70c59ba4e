import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { checkout } from "./imports.ts";

/** Puts a program of docs/ into `folder`, a package that has the client built into it, as in a checkout that was set up. */
export async function installed(folder: string, script: string): Promise<string> {
  await mkdir(join(folder, "dist"), { recursive: true });
  await mkdir(join(folder, "docs/examples"), { recursive: true });
  await cp(join(checkout, "package.json"), join(folder, "package.json"));
  await cp(join(checkout, script), join(folder, script));
  await build({
    entryPoints: [join(checkout, "daemon/protocol/client.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile: join(folder, "dist/client.js"),
  });
  return join(folder, script);
}
