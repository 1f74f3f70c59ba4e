import { stat } from "node:fs/promises";
import { platform } from "node:os";
import { type Check, ok, warning } from "./check.ts";

const name = "config";

/** The settings were read; this is about the file they stand in. */
export async function checkConfigFile(file: string): Promise<Check> {
  const { mode } = await stat(file);
  if (platform() !== "win32" && (mode & 0o077) !== 0) {
    return warning(
      name,
      "The settings are complete, but other users may read them.",
      `If keys stand in them: chmod 600 ${file}, or move the keys to files of their own.`,
    );
  }
  return ok(name, "The settings are complete.");
}
