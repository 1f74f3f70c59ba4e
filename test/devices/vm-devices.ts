import { readFile, writeFile } from "node:fs/promises";
import { commandLine } from "../support/command-line.ts";
import { bootMachine, buildMachine } from "../support/vm/machine.ts";
import { figureTable, type Plugged, tooSlow } from "./figures.ts";

const { values: wish } = commandLine("vm-devices", {
  cycles: 70,
  "only-checks": false,
  "only-cycles": false,
  write: false,
});

await buildMachine();
const failures = wish["only-cycles"] ? [] : await checks();
if (!wish["only-checks"]) failures.push(...(await cycles(wish.cycles)));
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

/** What can only be shown on a real kernel, and what every driver must do, on real USB devices. */
async function checks(): Promise<string[]> {
  const failures: string[] = [];
  for (const program of ["test/devices/checks.ts", "test/devices/conformance.ts"]) {
    const { lines, result } = await runInMachine(program, false);
    failures.push(...lines.filter((line) => line.startsWith("check: FAILED")));
    if (result === undefined) failures.push(`${program} did not come to its end`);
  }
  return failures;
}

async function cycles(count: number): Promise<string[]> {
  // Measured by the machine's own time, so that what else this computer does is not measured with it.
  const { result = "{}" } = await runInMachine(`test/devices/plug-cycles.ts ${count}`, true);
  // Printed by our own program, of the same checkout.
  const plugged = JSON.parse(result) as Plugged;
  if (plugged.figures === undefined) return [`the devices failed: ${plugged.failed ?? "no result"}`];
  const table = figureTable(plugged.figures);
  console.log(table);
  if (wish.write) await writeInto("docs/devices.md", table);
  return tooSlow(plugged.figures).map((what) => `too slow: ${what}`);
}

async function runInMachine(program: string, ownTime: boolean) {
  const lines: string[] = [];
  let result: string | undefined;
  const machine = await bootMachine({
    job: `cd /checkout && UV_THREADPOOL_SIZE=16 node ${program}`,
    ownTime,
    onLine(line) {
      if (line.startsWith("result: ")) result = line.slice("result: ".length);
      else {
        lines.push(line);
        console.error(line);
      }
    },
  });
  await machine.ended;
  return { lines, result };
}

/** Between two marks that the page has for it. */
async function writeInto(page: string, table: string): Promise<void> {
  const text = await readFile(page, "utf8");
  const replaced = text.replace(/(<!-- figures -->\n)[^]*?(\n<!-- end -->)/, `$1${table}$2`);
  if (!replaced.includes(table)) throw new Error(`${page} has no place for figures`);
  await writeFile(page, replaced);
}
