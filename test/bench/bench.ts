import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { commandLine } from "../support/command-line.ts";
import { type Baselines, measureBaselines } from "./baselines.ts";
import { measureScans } from "./measure-scans.ts";
import { measureTill, type TillFigures } from "./measure-till.ts";
import { page, table } from "./report.ts";
import { scansPart, withScans } from "./scans-report.ts";

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly bare: Baselines;
  readonly tills: readonly { readonly oldPayments: number; readonly figures: TillFigures }[];
}

const { values: wish } = commandLine("bench", {
  payments: "0,1000,1000000",
  write: false,
  journals: String,
  "only-scans": false,
});

const folder = await mkdtemp(join(tmpdir(), "tillbridge-bench-"));
const performancePage = "docs/performance.md";
try {
  if (!wish["only-scans"]) await measureTills();
  const scans = await measureScans();
  console.log(scansPart(scans));
  if (wish.write) await writeFile(performancePage, withScans(await readFile(performancePage, "utf8"), scans));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measureTills(): Promise<void> {
  const report = await measure(wish.payments.split(",").map(Number));
  console.log(table(report));
  console.log(JSON.stringify(report));
  if (wish.write) await writeFile(performancePage, page(report));
}

async function measure(counts: readonly number[]): Promise<Report> {
  const bare = await measureBaselines(folder);
  const tills = [];
  for (const oldPayments of counts) {
    const home = await mkdtemp(join(folder, "till-"));
    if (oldPayments > 0) await filledJournal(join(home, "data"), oldPayments);
    tills.push({ oldPayments, figures: await measureTill(home) });
  }
  return { date: new Date().toISOString().slice(0, 10), machine: machineName(), node: process.version, bare, tills };
}

/** A million payments take minutes to write: with `--journals FOLDER` a filled journal is kept there for the next run. */
async function filledJournal(dataDir: string, count: number): Promise<void> {
  const kept = wish.journals === undefined ? undefined : join(wish.journals, String(count));
  if (kept === undefined) return fill(dataDir, count);
  if (!existsSync(kept)) fill(kept, count);
  await cp(kept, dataDir, { recursive: true });
}

function fill(dataDir: string, count: number): void {
  const { status } = spawnSync(process.execPath, ["test/bench/fill-journal.ts", dataDir, String(count)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the journal could not be filled");
}

function machineName(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}`;
}
