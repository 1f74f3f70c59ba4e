import { points } from "./points.ts";
import { choiceOf, type Values } from "../support/command-line.ts";
import { recordRun } from "../support/crash-record.ts";
import { type RunOptions, type RunResult, run } from "./run.ts";
import { weaknesses } from "./till.ts";

export interface Proof {
  /** Of scripts/. */
  readonly command: string;
  /** As in the crash record. */
  readonly name: string;
  readonly ends: RunOptions["ends"];
  /** What the deaths are called. */
  readonly count: "kills" | "cuts";
  readonly deaths: number;
  readonly wish: Values<ReturnType<typeof proofOptions>>;
}

/** What every such command takes, besides how many deaths. */
export function proofOptions() {
  const seed = Date.now() % 1_000_000;
  return { tills: 8, seed, record: false, verbose: false, weak: String, "until-fault": false };
}

const progressMs = 15_000;

/** A proof as a command: runs it, prints what happened, and answers the exit code. */
export async function prove({ command, name, ends, count, deaths, wish }: Proof): Promise<number> {
  const { seed, tills } = wish;
  console.log(`${name}: seed ${seed}`);
  const startedMs = performance.now();
  const weak = choiceOf(command, "weak", wish.weak, weaknesses);
  const result = await run({
    ends,
    seed,
    ...(weak && { weak }),
    stopAtFault: weak !== undefined || wish["until-fault"],
    deaths,
    tills,
    onProgress: progress(wish.verbose),
    signal: interrupted(),
  });
  const counts = countsOf(result, count, performance.now() - startedMs);
  for (const line of pointLines(result)) console.log(line);
  console.log(counts);
  console.log(verdictOf(result));
  if (wish.record && !weak) await recordRun({ proof: name, seeds: String(seed), counts, result: verdictOf(result) });
  return result.faults.length === 0 ? 0 : 1;
}

/** Whoever ends this program early must not leave daemons or machines behind. */
export function interrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  return ending.signal;
}

function progress(verbose: boolean): NonNullable<RunOptions["onProgress"]> {
  let toldMs = performance.now();
  let toldFaults = 0;
  return ({ deaths, settled, faults }, outcome) => {
    if (verbose && outcome) console.log(JSON.stringify({ death: deaths, ...outcome }));
    for (const fault of faults.slice(toldFaults)) console.log(`FAULT ${fault}`);
    toldFaults = faults.length;
    if (performance.now() - toldMs < progressMs) return;
    toldMs = performance.now();
    console.log(`${deaths} deaths, ${settled} times at rest, ${faults.length} faults`);
  };
}

function pointLines({ hits }: RunResult): string[] {
  const rows = points.map(({ number, words, draw }) => `${number}. ${words}: ${draw ? (hits.get(number) ?? 0) : "-"}`);
  return [...rows, `at no particular moment: ${hits.get(0) ?? 0}`];
}

function countsOf(result: RunResult, count: string, tookMs: number): string {
  const { deaths, sales, settled, hits, recoveries } = result;
  const known = points.filter(({ draw }) => draw);
  const fewest = Math.min(...known.map(({ number }) => hits.get(number) ?? 0));
  return [
    `${deaths} ${count} in ${Math.round(tookMs / 60_000)} min`,
    `${known.length} of ${points.length} points, each at least ${fewest} times`,
    `${recoveries.inARow} in a row during recovery`,
    `${sales} sales`,
    `at rest ${settled} times`,
    `start to all open payments known p50 ${percentile(result.classifiedMs, 50)} ms, p99 ${percentile(result.classifiedMs, 99)} ms`,
  ].join("; ");
}

export function verdictOf({ faults }: Pick<RunResult, "faults">): string {
  return faults.length === 0 ? "nothing lost, nothing doubled" : `${faults.length} faults`;
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0);
}
