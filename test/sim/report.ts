import { allCells } from "./coverage.ts";
import { crashPointNames } from "./crash-points.ts";
import type { RunResult } from "./run.ts";
import type { Tally } from "./tally.ts";
import { seedAt } from "./worker.ts";

const crashPointsInAll = 23;

/** What a run did, in lines: how much, where it was killed, how the payments ended, what went wrong, what it never reached. */
export function report(result: RunResult): string[] {
  const { tally } = result;
  return [
    figures(result),
    `kills: ${listOf(tally.kind("kill"))}`,
    ...crashPointLines(tally),
    `payments ended: ${listOf(tally.kind("end"))}`,
    `calls to MobilePay: ${listOf(tally.kind("call"))}`,
    `of these went wrong: ${listOf(tally.kind("fate"))}`,
    `refused, by code: ${listOf(tally.kind("refusal"))}`,
    `disk: ${listOf(tally.kind("disk"))}; in MobilePay's portal: ${listOf(tally.kind("portal"))}`,
    `requests carried out at MobilePay: ${listOf(tally.kind("effect"))}`,
    cellLine(tally),
  ];
}

/** For the crash record. */
export function countsOf({ tally, tookMs }: RunResult): string {
  const points = Object.keys(crashPointNames).filter((point) => tally.of(`crash ${point}`) > 0);
  const cells = allCells();
  return [
    `${tally.of("sales")} sales in ${Math.round(tookMs / 60_000)} min`,
    `${killsOf(tally)} kills at ${points.length} of ${crashPointsInAll} crash points`,
    `${cells.filter((cell) => tally.of(`cell ${cell}`) > 0).length} of ${cells.length} cells of the machine`,
  ].join("; ");
}

export function seedsOf({ firstSeed, stories }: RunResult): string {
  return `${firstSeed} to ${seedAt(firstSeed, stories - 1)}`;
}

export function verdictOf({ failures }: RunResult): string {
  if (failures.length === 0) return "nothing lost, nothing doubled";
  return `${failures.length} faults: seeds ${failures.map(({ seed }) => seed).join(", ")}`;
}

function figures({ tally, stories, tookMs, cpuMs }: RunResult): string {
  const sales = tally.of("sales");
  const perSecond = Math.round((sales * 1000) / tookMs);
  const perCoreSecond = Math.round((sales * 1000) / cpuMs);
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  return `${sales} sales in ${stories} stories, ${killsOf(tally)} kills, ${took}: ${perSecond} sales a second, ${perCoreSecond} a second of each core's time`;
}

function killsOf(tally: Tally): number {
  return tally.kind("kill").reduce((sum, [, times]) => sum + times, 0);
}

function crashPointLines(tally: Tally): string[] {
  return Object.entries(crashPointNames).map(
    ([point, name]) => `crash point ${point.padStart(2)}: ${String(tally.of(`crash ${point}`)).padStart(7)}  ${name}`,
  );
}

function cellLine(tally: Tally): string {
  const cells = allCells();
  const missed = cells.filter((cell) => tally.of(`cell ${cell}`) === 0);
  const reached = `cells of the machine: ${cells.length - missed.length} of ${cells.length}`;
  return missed.length === 0 ? reached : `${reached}; NEVER REACHED: ${missed.join(", ")}`;
}

function listOf(counts: readonly (readonly [string, number])[]): string {
  const words = counts.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, times]) => `${name} ${times}`);
  return words.length === 0 ? "none" : words.join(", ");
}
