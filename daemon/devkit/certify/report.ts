import { writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/** What came of one case. */
export interface CaseResult {
  readonly name: string;
  readonly expected: string;
  /** What the POS did wrong or left out; an empty list when it passed. */
  readonly faults: readonly string[];
}

interface Report {
  readonly results: readonly CaseResult[];
  /** What the cashier saw at the end of each case, as PNG. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
  readonly version: string;
}

/** For the terminal. */
export function linesOf({ name, expected, faults }: CaseResult): string[] {
  return [
    `${faults.length === 0 ? "pass   " : "MISSING"} ${name}: ${expected}`,
    ...faults.map((it) => `          ${it}`),
  ];
}

/** Writes the report as Markdown, and the pictures beside it. */
export async function writeReport(file: string, { results, pictures, version }: Report): Promise<void> {
  const stem = basename(file, extname(file));
  const shown: string[] = [];
  for (const [name, picture] of pictures) {
    const image = `${stem}-${name.replaceAll(" ", "-")}.png`;
    await writeFile(join(dirname(file), image), picture);
    shown.push(`## ${name}`, "", `![What the page shows at the end of "${name}"](${image})`, "");
  }
  const rows = results.map(
    ({ name, expected, faults }) => `| ${name} | ${expected} | ${faults.join("; ") || "passed"} |`,
  );
  const head = [`# A POS on Tillbridge ${version}`, "", "| case | what must come of it | result |", "|---|---|---|"];
  await writeFile(file, [...head, ...rows, "", ...shown].join("\n"));
}
