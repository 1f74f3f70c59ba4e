// The last check of scripts/test: `node test/support/nothing-left.ts FOLDER STATUS`. FOLDER was the place for temporary files of the whole
// run, STATUS what git said of the checkout before it.
import { spawnSync } from "node:child_process";
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { takeLeftBehind } from "./left-behind.ts";

const [folder = "", statusBefore = ""] = process.argv.slice(2);
// A file whose tests are all left out here never comes to its end: its folder is still there, empty.
for (const name of await readdir(folder)) await rmdir(join(folder, name)).catch(() => undefined);
const left = await takeLeftBehind(folder);
// Empty where there is no git, or the checkout is none of its own.
const status = (spawnSync("git", ["status", "--porcelain"], { encoding: "utf8" }).stdout ?? "").trimEnd();
if (status !== statusBefore) left.push(`the checkout: ${status}`);
for (const line of left) console.log(line);
process.exitCode = left.length > 0 ? 1 : 0;
