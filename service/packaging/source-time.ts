import { execFile } from "node:child_process";
import { env } from "node:process";
import { promisify } from "node:util";

/** When the sources were last changed, in seconds since 1970: the same for everybody who builds this commit. */
export async function sourceTime(checkout: string): Promise<number> {
  if (env["SOURCE_DATE_EPOCH"]) return Number(env["SOURCE_DATE_EPOCH"]);
  const { stdout: text } = await promisify(execFile)("git", ["-C", checkout, "log", "-1", "--format=%ct"]);
  return Number(text.trim());
}
