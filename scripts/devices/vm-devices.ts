import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { bootMachine, buildMachine } from "../../test/support/vm/machine.ts";
import { type Sample, sampleOf } from "../benchmarks/figures.ts";

/** What a run of test/devices/plug-cycles.ts prints in the machine: milliseconds, one for each cycle. */
interface Result {
  readonly failed?: string;
  readonly figures: Readonly<Record<string, Readonly<Record<Measure, readonly number[]>>>>;
}

type Measure = "lossNoticed" | "ready" | "usable" | "added";

const measures: Readonly<Record<Measure, { readonly says: string; readonly p99MsMax?: number }>> = {
  lossNoticed: { says: "plug pulled → page told", p99MsMax: 1000 },
  ready: { says: "plug put in → page told", p99MsMax: 2000 },
  usable: { says: "plug put in → first read at the page", p99MsMax: 2000 },
  added: { says: "device reads → event" },
};

const { values: wish } = parseArgs({
  options: { cycles: { type: "string", default: "70" }, write: { type: "boolean", default: false } },
});

const result = await run(Number(wish.cycles));
if (result.failed !== undefined) throw new Error(`the devices failed: ${result.failed}`);
const lines = table(result);
console.log(lines);
if (wish.write) await writeInto("docs/devices.md", lines);
process.exitCode = tooSlow(result).length > 0 ? 1 : 0;
for (const what of tooSlow(result)) console.error(`too slow: ${what}`);

async function run(cycles: number): Promise<Result> {
  await buildMachine();
  const job = `cd /checkout && UV_THREADPOOL_SIZE=16 node test/devices/plug-cycles.ts ${cycles}`;
  let printed: string | undefined;
  const machine = await bootMachine({
    job,
    ownTime: true,
    onLine(line) {
      if (line.startsWith("result: ")) printed = line.slice("result: ".length);
      else console.error(line);
    },
  });
  await machine.ended;
  if (printed === undefined) throw new Error("the machine ended without a result");
  // Printed by our own program, of the same checkout.
  return JSON.parse(printed) as Result;
}

function table({ figures }: Result): string {
  const devices = Object.keys(figures);
  const rows = Object.entries(measures).map(([measure, { says, p99MsMax }]) => {
    const samples = devices.map((device) => both(sampleOf(figures[device]?.[measure as Measure] ?? [])));
    return [says, ...samples, p99MsMax === undefined ? "–" : `p99 ≤ ${p99MsMax}`];
  });
  const cycles = devices.map((device) => `${figures[device]?.usable.length ?? 0} cycles`);
  const heads = ["milliseconds, p50 / p99", ...devices.map((device) => device.replace(/-\d+$/, "")), "expected"];
  return [heads, heads.map(() => "---"), ["", ...cycles, ""], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function both({ p50, p99 }: Sample): string {
  return `${Math.round(p50)} / ${Math.round(p99)}`;
}

function tooSlow({ figures }: Result): string[] {
  return Object.entries(figures).flatMap(([device, of]) =>
    Object.entries(measures).flatMap(([measure, { says, p99MsMax = Infinity }]) =>
      sampleOf(of[measure as Measure]).p99 > p99MsMax ? [`${device}: ${says}`] : [],
    ),
  );
}

/** Between two marks that the page has for it. */
async function writeInto(page: string, lines: string): Promise<void> {
  const text = await readFile(page, "utf8");
  const replaced = text.replace(/(<!-- figures -->\n)[^]*?(\n<!-- end -->)/, `$1${lines}$2`);
  if (replaced === text && !text.includes(lines)) throw new Error(`${page} has no place for figures`);
  await writeFile(page, replaced);
}
