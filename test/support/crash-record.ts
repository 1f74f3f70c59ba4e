import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "./imports.ts";

/** One line of the crash record. Texts without "|". In `counts`, "N sales", "N kills" and "N cuts" are added up over all runs. */
export interface RecordLine {
  readonly proof: string;
  readonly seeds: string;
  readonly counts: string;
  readonly result: string;
}

const file = join(checkout, "docs", "crash-record.md");
const addedUp = ["sales", "kills", "cuts"] as const;
const totalsMarks = ["<!-- totals -->", "<!-- /totals -->"] as const;

/** Adds a run below those that are there, and brings the totals up to date. */
export async function recordRun(line: RecordLine): Promise<void> {
  if (!existsSync(file)) throw new Error("docs/crash-record.md is missing");
  const page = await readFile(file, "utf8");
  await writeFile(file, withRun(page, [today(), commit(), line.proof, line.seeds, line.counts, line.result]));
}

/** The page with one more row in its last table, and the totals of all rows. */
export function withRun(page: string, cells: readonly string[]): string {
  const lines = page.split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("|"));
  lines.splice(last + 1, 0, `| ${cells.map((cell) => cell.replaceAll("|", "/")).join(" | ")} |`);
  return withTotals(lines.join("\n"));
}

function withTotals(page: string): string {
  const [start, end] = totalsMarks;
  const [before = "", rest = ""] = page.split(start);
  const [, after = ""] = rest.split(end);
  return `${before}${start}\n${totals(after).join("\n")}\n${end}${after}`;
}

/** A line for each proof: how often it ran, and what its runs add up to. */
function totals(runs: string): string[] {
  const rows = runs
    .split("\n")
    .filter((line) => /^\| \d{4}-/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const proofs = [...new Set(rows.map(([, , , proof = ""]) => proof))];
  return proofs.map((proof) => {
    const own = rows.filter(([, , , name]) => name === proof);
    const sums = addedUp.map((what) => [sum(own, what), what] as const).filter(([total]) => total > 0);
    const failed = own.filter(([, , , , , , result = ""]) => !result.startsWith("nothing lost")).length;
    const words = [
      `${own.length} runs`,
      ...sums.map(([total, what]) => `${total} ${what}`),
      `${failed} runs with faults`,
    ];
    return `- ${proof}: ${words.join(", ")}`;
  });
}

function sum(rows: readonly (readonly string[])[], what: string): number {
  const pattern = new RegExp(`(\\d+) ${what}\\b`);
  return rows.reduce((total, row) => total + Number(pattern.exec(row[5] ?? "")?.[1] ?? 0), 0);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** With a plus when files differ from it. */
function commit(): string {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: checkout, encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--untracked-files=no", "--", "daemon", "test") !== "";
  return git("rev-parse", "--short", "HEAD") + (isChanged ? "+" : "");
}
