// The command behind scripts/simulate.
import { availableParallelism } from "node:os";
import { exit } from "node:process";
import { choiceOf, commandLine } from "../support/command-line.ts";
import { recordRun } from "../support/crash-record.ts";
import { kinds } from "./extra.ts";
import { planFor } from "./plan.ts";
import { countsOf, report, seedsOf, verdictOf } from "./report.ts";
import { run, type RunResult } from "./run.ts";
import { shrink } from "./shrink.ts";
import { traceScenario } from "./trace.ts";
import { faultsOf } from "./worker.ts";

const { values } = commandLine("simulate", {
  sales: Number,
  minutes: Number,
  from: Number,
  workers: availableParallelism(),
  seed: Number,
  record: false,
  brief: false,
  kind: String,
});
const kind = choiceOf("simulate", "kind", values.kind, kinds);
const salesDefault = 50_000;
const progressMs = 15_000;
const told = 3;

exit(values.seed === undefined ? await playMany() : await playOne(values.seed));

async function playMany(): Promise<number> {
  const minutes = values.minutes ?? Infinity;
  const sales = values.sales ?? (values.minutes === undefined ? salesDefault : Infinity);
  const firstSeed = values.from ?? Math.floor(Math.random() * 0x1_0000_0000);
  console.log(`simulation: seeds from ${firstSeed}`);
  const wish = { firstSeed, sales, msMax: minutes * 60_000, workers: values.workers, ...(kind && { kind }) };
  const result = await run({ ...wish, onProgress: progress() });
  if (values.brief) return tellBriefly(result);
  for (const line of report(result)) console.log(line);
  for (const { seed, faults } of result.failures.slice(0, told)) await tellFailure(seed, faults);
  console.log(`seeds ${seedsOf(result)}: ${verdictOf(result)}`);
  const line = { proof: "simulation", seeds: seedsOf(result), counts: countsOf(result), result: verdictOf(result) };
  if (values.record && !kind) await recordRun(line);
  return result.failures.length === 0 ? 0 : 1;
}

/** For programs: one line of JSON, the first fault found. */
function tellBriefly({ failures, tally }: RunResult): number {
  const [first] = failures;
  console.log(JSON.stringify({ sales: tally.of("sales"), seed: first?.seed, fault: first?.faults[0] }));
  return failures.length === 0 ? 0 : 1;
}

async function playOne(seed: number): Promise<number> {
  for (const line of await traceScenario(planFor(seed, kind))) console.log(line);
  const faults = await faultsOf(seed, undefined, kind);
  if (faults.length === 0) return 0;
  await tellFailure(seed, faults);
  return 1;
}

/** What went wrong, and the shortest story found in which it still does. */
async function tellFailure(seed: number, faults: readonly string[]): Promise<void> {
  console.log(
    `\nseed ${seed}: ${faults.join("; ")}\nthe story, shrunk (all of it: scripts/simulate --seed ${seed}${kind ? ` --kind ${kind}` : ""}):`,
  );
  const plan = await shrink(planFor(seed, kind));
  console.log(JSON.stringify(plan));
  for (const line of await traceScenario(plan)) console.log(line);
}

function progress(): (result: RunResult) => void {
  let toldMs = performance.now();
  return ({ tally, stories, failures }) => {
    if (performance.now() - toldMs < progressMs) return;
    toldMs = performance.now();
    console.log(`${tally.of("sales")} sales, ${stories} stories, ${failures.length} faults`);
  };
}
