// scripts/vm-power-cut: a whole computer, on a disk whose cache does not survive, loses power in mid-sale and is booted again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { planForMachine } from "../points.ts";
import { interrupted, percentile, verdictOf } from "../prove.ts";
import { choiceOf, commandLine } from "../../support/command-line.ts";
import { recordRun } from "../../support/crash-record.ts";
import { MachineTill, machineWeaknesses } from "./machine-till.ts";

const { values: wish } = commandLine("vm-power-cut", {
  cuts: 100,
  seed: Date.now() % 1_000_000,
  weak: String,
  record: false,
});

interface Result {
  cuts: number;
  hits: number;
  readonly faults: string[];
  readonly classifiedMs: number[];
  sectorsLost: number;
  sectorsKept: number;
}

const cutsPerRest = 25;

const weak = choiceOf("vm-power-cut", "weak", wish.weak, machineWeaknesses);
const { seed } = wish;
console.log(`power cut, whole machine: seed ${seed}${weak ? `, ${weak}` : ""}`);
const startedMs = performance.now();
const result = await run(wish.cuts);
const counts = countsOf(result, performance.now() - startedMs);
console.log(counts);
const verdict = verdictOf(result);
console.log(verdict);
const line = { proof: "power cut, whole machine", seeds: String(seed), counts, result: verdict };
if (wish.record && !weak) await recordRun(line);
process.exitCode = result.faults.length === 0 ? 0 : 1;

async function run(cuts: number): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-vm-cut-"));
  const till = await MachineTill.open({ folder, random: new SeededRandom(seed), ...(weak && { weak }) });
  const signal = interrupted();
  signal.addEventListener("abort", () => void till.close());
  try {
    return await cutAll(till, new SeededRandom(seed, 1), cuts, signal);
  } finally {
    await till.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function cutAll(till: MachineTill, random: SeededRandom, cuts: number, signal: AbortSignal): Promise<Result> {
  const result: Result = { cuts: 0, hits: 0, faults: [], classifiedMs: [], sectorsLost: 0, sectorsKept: 0 };
  while (result.cuts < cuts && !signal.aborted && !(weak && result.faults.length > 0)) {
    const outcome = await till.live(planForMachine(random));
    result.cuts += 1;
    if (outcome.hit) result.hits += 1;
    if (outcome.classifiedMs !== undefined) result.classifiedMs.push(outcome.classifiedMs);
    result.faults.push(...outcome.faults);
    console.log(JSON.stringify({ cut: result.cuts, ...outcome, ...till.taken.at(-1) }));
    if (result.cuts % cutsPerRest === 0 && !weak) result.faults.push(...(await atRest(till)));
  }
  if (!weak && !signal.aborted) result.faults.push(...(await atRest(till)));
  for (const { lost, kept } of till.taken) {
    result.sectorsLost += lost;
    result.sectorsKept += kept;
  }
  return result;
}

async function atRest(till: MachineTill): Promise<string[]> {
  const faults = await till.rest();
  for (const fault of faults) console.log(`FAULT ${fault}`);
  return faults;
}

function countsOf({ cuts, hits, classifiedMs, sectorsLost, sectorsKept }: Result, tookMs: number): string {
  return [
    `${cuts} cuts in ${Math.round(tookMs / 60_000)} min, ${hits} at the chosen moment`,
    `${sectorsLost} unflushed sectors lost, ${sectorsKept} kept`,
    `power to all open payments known p50 ${percentile(classifiedMs, 50)} ms, p99 ${percentile(classifiedMs, 99)} ms (emulated processor)`,
  ].join("; ");
}
