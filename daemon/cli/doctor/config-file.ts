import { stat } from "node:fs/promises";
import { platform } from "node:os";
import { leavesIn } from "../../config/leaves.ts";
import { type Check, ok, warning } from "./check.ts";

const name = "config";
const secretNames = /^(?:clientId|clientSecret|subscriptionKey|password|proxy|secret)$/;

/** The settings were read; this is about the file they stand in. */
export async function checkConfigFile(file: string): Promise<Check> {
  const { mode } = await stat(file);
  if (platform() === "win32") return ok(name, "The settings are complete.");
  if ((mode & 0o022) !== 0)
    return warning(name, "The settings are complete, but other users may change them.", `chmod 640 ${file}`);
  if ((mode & 0o077) !== 0 && holdsSecrets(file))
    return warning(
      name,
      "The settings are complete, but other users may read the keys in them.",
      `chmod 600 ${file}, or move the keys to files of their own with tillbridge setup.`,
    );
  return ok(name, "The settings are complete.");
}

function holdsSecrets(file: string): boolean {
  return leavesIn(file).some(({ path, value }) => secretNames.test(path.at(-1) ?? "") && typeof value === "string");
}
