import { fork } from "node:child_process";
import type { Kind } from "./extra.ts";
import { Tally } from "./tally.ts";
import { type Chunk, type Failure, type Played, seedAt } from "./worker.ts";

export interface RunWish {
  readonly firstSeed: number;
  /** Ends when so many sales were rung up, or after so long, whatever comes first. */
  readonly sales: number;
  readonly msMax: number;
  readonly workers: number;
  /** Every story has an extra of this kind. */
  readonly kind?: Kind;
  readonly onProgress?: (result: RunResult) => void;
}

export interface RunResult {
  readonly tally: Tally;
  readonly failures: readonly Failure[];
  readonly firstSeed: number;
  readonly stories: number;
  readonly tookMs: number;
  /** Processor time of all workers, milliseconds. */
  readonly cpuMs: number;
}

const chunkStories = 400;
const failuresMax = 5;

/** Plays stories, one seed after the other, on several processes. */
export async function run(wish: RunWish): Promise<RunResult> {
  const course = new Course(wish);
  await Promise.all(Array.from({ length: wish.workers }, () => work(course)));
  return course.result();
}

/** What all workers share: which seeds are next, and what came of those before. */
class Course {
  readonly #wish: RunWish;
  readonly #startedMs = performance.now();
  readonly #tally = new Tally();
  readonly #failures: Failure[] = [];
  #next = 0;
  #stories = 0;
  #cpuMs = 0;

  constructor(wish: RunWish) {
    this.#wish = wish;
  }

  next(): Chunk | undefined {
    const { sales, msMax, firstSeed, kind } = this.#wish;
    const isOver = this.#tally.of("sales") >= sales || performance.now() - this.#startedMs >= msMax;
    if (isOver || this.#failures.length >= failuresMax) return undefined;
    const chunk = { from: seedAt(firstSeed, this.#next), count: chunkStories, ...(kind && { kind }) };
    this.#next += chunkStories;
    return chunk;
  }

  add({ counts, failures, cpuMs }: Played): void {
    this.#tally.addAll(counts);
    this.#failures.push(...failures);
    this.#stories += chunkStories;
    this.#cpuMs += cpuMs;
    this.#wish.onProgress?.(this.result());
  }

  result(): RunResult {
    return {
      tally: this.#tally,
      failures: this.#failures,
      firstSeed: this.#wish.firstSeed,
      stories: this.#stories,
      tookMs: performance.now() - this.#startedMs,
      cpuMs: this.#cpuMs,
    };
  }
}

async function work(course: Course): Promise<void> {
  const worker = fork(new URL("worker.ts", import.meta.url), { execArgv: [] });
  try {
    for (let chunk = course.next(); chunk; chunk = course.next()) {
      const { from } = chunk;
      const played = Promise.withResolvers<Played>();
      worker.once("message", (answer: Played) => played.resolve(answer));
      worker.once("exit", (code) => played.reject(new Error(`the worker at seed ${from} ended with ${code}`)));
      worker.send(chunk);
      course.add(await played.promise);
      worker.removeAllListeners();
    }
  } finally {
    worker.removeAllListeners();
    worker.kill();
  }
}
