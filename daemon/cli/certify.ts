import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Case, cases, type Rig } from "./certify/cases.ts";
import { Pos } from "./certify/pos.ts";
import { openShop } from "./certify/shop.ts";
import { type CommandContext, exitCodes, UsageError } from "./command.ts";

const usage = `Usage: tillbridge certify --client PROGRAM [--report FILE] [--wait SECONDS]

Drives a POS through what it must be able to do, against the simulator, and says what is missing. PROGRAM is a script (.mjs, .js) or
an executable that stands for the POS: it is told what to do on its input and says what came of it (docs/certify.md).

  --client PROGRAM  the POS
  --report FILE     the report, as Markdown
  --wait SECONDS    how long one thing may take (30)`;

const options = {
  client: { type: "string" },
  report: { type: "string" },
  wait: { type: "string", default: "30" },
  help: { type: "boolean", default: false },
} as const;

type Context = Pick<CommandContext, "print" | "environment" | "world" | "version">;

interface Result {
  readonly name: string;
  readonly expected: string;
  readonly faults: readonly string[];
}

/** `tillbridge certify`: exit code 1 when anything is missing. */
export async function certifyCommand(argv: readonly string[], context: Context): Promise<number> {
  const { client, report, wait, help } = parse(argv);
  if (help) {
    context.print(usage);
    return exitCodes.done;
  }
  if (client === undefined || !existsSync(client)) throw new UsageError("--client must name a program that there is");
  const waitMs = Number(wait) * 1000;
  if (!(waitMs > 0 && waitMs <= 600_000)) throw new UsageError("--wait must be a number of seconds, at most 600");
  const results = await certify(resolve(client), waitMs, context);
  const missing = results.filter((it) => it.faults.length > 0).length;
  context.print(`${results.length - missing} of ${results.length} passed`);
  if (report !== undefined) await writeFile(report, reportText(results, context.version));
  return missing === 0 ? exitCodes.done : exitCodes.failed;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "Wrong usage.");
  }
}

async function certify(client: string, waitMs: number, { print, environment, world }: Context): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-certify-"));
  const memory = join(folder, "pos");
  await mkdir(memory);
  try {
    const shop = await openShop({ world, folder, environment, waitMs });
    const given = { TILLBRIDGE_URL: shop.url, TILLBRIDGE_TOKEN: shop.token, TILLBRIDGE_MEMORY: memory };
    const pos = new Pos(client, { ...environment, ...given }, waitMs);
    pos.start();
    const results: Result[] = [];
    for (const it of cases) {
      const result = await tried(it, { shop, pos });
      results.push(result);
      for (const line of linesOf(result)) print(line);
    }
    await pos.kill();
    await shop.close();
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tried(it: Case, rig: Rig): Promise<Result> {
  const { name, expected } = it;
  try {
    return { name, expected, faults: await it.run(rig) };
  } catch (error) {
    return { name, expected, faults: [error instanceof Error ? error.message : "it could not be tried"] };
  }
}

function linesOf({ name, expected, faults }: Result): string[] {
  return [
    `${faults.length === 0 ? "pass   " : "MISSING"} ${name}: ${expected}`,
    ...faults.map((it) => `          ${it}`),
  ];
}

function reportText(results: readonly Result[], version: string): string {
  const rows = results.map(
    ({ name, expected, faults }) => `| ${name} | ${expected} | ${faults.join("; ") || "passed"} |`,
  );
  const head = [`# A POS on Tillbridge ${version}`, "", "| case | what must come of it | result |", "|---|---|---|"];
  return [...head, ...rows, ""].join("\n");
}
