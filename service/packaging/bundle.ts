import { execFile } from "node:child_process";
import { join } from "node:path";
import { execPath } from "node:process";
import { promisify } from "node:util";

/** Bundles the checkout's sources into `folder`; without the developer's kit when `kit` is false. */
export async function bundle(checkout: string, folder: string, kit: boolean): Promise<void> {
  const words = kit ? [] : ["--without-kit"];
  await promisify(execFile)(execPath, [join(checkout, "scripts/bundle.mjs"), folder, ...words]);
}
