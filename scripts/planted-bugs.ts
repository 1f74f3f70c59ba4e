// The command behind scripts/planted-bugs.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { parseArgs } from "node:util";
import { checkout } from "../test/support/imports.ts";
import { type PlantedBug, plantedBugs } from "../test/sim/planted/bugs.ts";
import { type Caught, PlantedTree } from "../test/sim/planted/prove.ts";

const { values } = parseArgs({
  args: argv.slice(2),
  options: { sales: { type: "string", default: "60000" }, only: { type: "string" } },
});

exit(await main());

async function main(): Promise<number> {
  const bugs = plantedBugs.filter(({ name }) => values.only === undefined || name.includes(values.only));
  const tree = await PlantedTree.grow(Number(values.sales));
  const rows: string[] = [];
  let survivors = 0;
  for (const bug of bugs) {
    const caught = await tree.prove(bug);
    if (!caught.byTest && !caught.bySimulation) survivors += 1;
    rows.push(row(bug, caught));
    console.log(told(bug, caught));
  }
  await tree.cut();
  if (values.only === undefined) await writeFile(join(checkout, "docs", "planted-bugs.md"), page(rows, survivors));
  console.log(`${bugs.length} bugs planted, ${survivors} survived`);
  return survivors === 0 ? 0 : 1;
}

function told({ name }: PlantedBug, { byTest, bySimulation }: Caught): string {
  if (!byTest && !bySimulation) return `SURVIVED  ${name}`;
  return `caught    ${name}\n          test: ${byTest ?? "none"}\n          simulation: ${bySimulation ?? "nothing noticed"}`;
}

function row({ name, does }: PlantedBug, { byTest, bySimulation }: Caught): string {
  return `| ${[name, does, byTest ?? "-", bySimulation ?? "-"].map((cell) => cell.replaceAll("|", "/")).join(" | ")} |`;
}

function page(rows: readonly string[], survivors: number): string {
  return `# Planted bugs

A proof is worth what it would notice. Each line is a mistake that somebody could make, put into a copy of the real code by
\`scripts/planted-bugs\`, which then runs the fast proofs: the unit tests of payments, machine and journal, and ${values.sales} simulated
sales from seed 1. The columns name the first test that fell, and the first broken promise of the simulation with its seed.

${rows.length} bugs planted, ${survivors} survived.

| bug | what the till then does wrong | unit test that falls | what the simulation says |
|---|---|---|---|
${rows.join("\n")}
`;
}
