// The command behind scripts/planted-bugs.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exit } from "node:process";
import { commandLine } from "../../support/command-line.ts";
import { checkout } from "../../support/imports.ts";
import { type PlantedBug, plantedBugs } from "./bugs.ts";
import { type Caught, PlantedTree } from "./prove.ts";

const { values } = commandLine("planted-bugs", { sales: 60_000, only: String });

exit(await main());

async function main(): Promise<number> {
  const bugs = plantedBugs.filter(({ name }) => values.only === undefined || name.includes(values.only));
  const tree = await PlantedTree.create(values.sales);
  const rows: string[] = [];
  let survivors = 0;
  for (const bug of bugs) {
    const caught = await tree.prove(bug);
    if (!isCaught(caught)) survivors += 1;
    rows.push(row(bug, caught));
    console.log(told(bug, caught));
  }
  await tree.dispose();
  if (values.only === undefined) await writeFile(join(checkout, "docs", "planted-bugs.md"), page(rows, survivors));
  console.log(`${bugs.length} bugs planted, ${survivors} survived`);
  return survivors === 0 ? 0 : 1;
}

function isCaught(caught: Caught): boolean {
  return Object.values(caught).some((words) => words !== undefined);
}

function told({ name }: PlantedBug, caught: Caught): string {
  const words = columnsOf(caught).map((column) => `\n          ${column}`);
  return `${isCaught(caught) ? "caught   " : "SURVIVED "} ${name}${words.join("")}`;
}

function row({ name, does }: PlantedBug, caught: Caught): string {
  return `| ${[name, does, ...columnsOf(caught)].map((cell) => cell.replaceAll("|", "/")).join(" | ")} |`;
}

function columnsOf(caught: Caught): string[] {
  if ("byPowerCut" in caught) return ["not asked", `power cut: ${caught.byPowerCut ?? "nothing noticed"}`];
  return [caught.byTest ?? "-", caught.bySimulation ?? "-"];
}

function page(rows: readonly string[], survivors: number): string {
  return `# Planted bugs

A proof is worth what it would notice. Each line is a mistake that somebody could make, put into a copy of the real code by
\`scripts/planted-bugs\`, which then runs the fast proofs: the unit tests of payments, machine and journal, and ${values.sales} simulated
sales from seed 1 (a tenth of them where a test has fallen already). What only a lost disk can show is put into the program itself,
which then loses its power in mid-sale, on the modelled disk of \`scripts/power-cut\`. The columns name the first test that fell, and
the first broken promise with its seed; one of the two is enough to catch a bug.

${rows.length} bugs planted, ${survivors} survived.

| bug | what the till then does wrong | unit test that falls | what the simulation (or the power cut) says |
|---|---|---|---|
${rows.join("\n")}

Beside these, the power cuts of \`scripts/power-cut --weak\` must find faults, and a test sees to it: with commits that are not
synced (\`unsynced\`), on a disk that ignores syncs (\`syncsIgnored\`), and on one that does not keep new names (\`foldersUnsynced\`).
`;
}
