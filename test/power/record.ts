import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../support/imports.ts";

/** One line of the crash record. Texts without "|". */
export interface RecordLine {
  readonly proof: string;
  readonly seeds: string;
  readonly counts: string;
  readonly result: string;
}

const file = join(checkout, "docs", "crash-record.md");
const header = `# Crash record

Every run of a proof that was recorded (\`--record\`), with what is needed to run it again. The counts add up over the releases.

| date | commit | proof | seeds | counts | result |
|---|---|---|---|---|---|
`;
const rest = "\n## What was not tested\n";

/** Adds a run below those that are there. */
export async function recordRun({ proof, seeds, counts, result }: RecordLine): Promise<void> {
  const page = existsSync(file) ? await readFile(file, "utf8") : header + rest;
  const date = new Date().toISOString().slice(0, 10);
  const row = `| ${[date, commit(), proof, seeds, counts, result].join(" | ")} |`;
  const lines = page.split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("|"));
  lines.splice(last + 1, 0, row);
  await writeFile(file, lines.join("\n"));
}

/** With a plus when files differ from it. */
function commit(): string {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: checkout, encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--", "daemon", "drivers", "test", "scripts") !== "";
  return git("rev-parse", "--short", "HEAD") + (isChanged ? "+" : "");
}
