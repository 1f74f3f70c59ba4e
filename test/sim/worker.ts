import type { Kind } from "./extra.ts";
import { planFor } from "./plan.ts";
import { play } from "./story.ts";
import { Tally } from "./tally.ts";

/** Stories to play: seeds from `from`, `count` of them. */
export interface Chunk {
  readonly from: number;
  readonly count: number;
  /** Every story has an extra of this kind. */
  readonly kind?: Kind;
}

export interface Played {
  readonly counts: readonly (readonly [string, number])[];
  readonly failures: readonly Failure[];
  /** Processor time, milliseconds. */
  readonly cpuMs: number;
}

export interface Failure {
  readonly seed: number;
  readonly faults: readonly string[];
}

/** A story takes a millisecond or two: one that takes so long never ends. */
const storyMsMax = 100_000;
/** After so many the rest of the seeds tells nothing more. */
const failuresMax = 3;

/** Seeds are 32 bits: after the last comes the first. */
export function seedAt(from: number, index: number): number {
  return (from + index) >>> 0;
}

/** Plays one story. Whatever is thrown is a fault too. */
export async function faultsOf(seed: number, tally = new Tally(), kind?: Kind): Promise<readonly string[]> {
  try {
    const outcome = await play(planFor(seed, kind));
    tally.addAll(outcome.tally.counts);
    return outcome.faults;
  } catch (error) {
    return [`thrown: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function playChunk({ from, count, kind }: Chunk): Promise<Played> {
  const startedAt = process.cpuUsage();
  const tally = new Tally();
  const failures: Failure[] = [];
  // What the daemon would have died of.
  const thrown: string[] = [];
  const note = (error: unknown) => thrown.push(`thrown: ${error instanceof Error ? error.message : String(error)}`);
  process.on("unhandledRejection", note);
  for (let index = 0; index < count && failures.length < failuresMax; index += 1) {
    const seed = seedAt(from, index);
    const faults = [...(await inTime(faultsOf(seed, tally, kind))), ...thrown.splice(0)];
    if (faults.length > 0) failures.push({ seed, faults });
  }
  process.off("unhandledRejection", note);
  const { user, system } = process.cpuUsage(startedAt);
  return { counts: [...tally.counts], failures, cpuMs: (user + system) / 1000 };
}

async function inTime(story: Promise<readonly string[]>): Promise<readonly string[]> {
  const late = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => late.resolve(["the story never ended"]), storyMsMax);
  const faults = await Promise.race([story, late.promise]);
  clearTimeout(timer);
  return faults;
}

/** As a process of its own: plays each chunk that it is told, and answers. */
if (process.send) {
  Error.stackTraceLimit = 0;
  process.on("message", (chunk: Chunk) => {
    void playChunk(chunk).then((played) => process.send?.(played));
  });
  process.on("disconnect", () => process.exit());
}
