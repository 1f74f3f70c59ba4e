import { type Profiler, Session } from "node:inspector";

/** Our own code alone: a way through a package is nothing new. */
const ownCode = /\/(daemon|drivers)\/.+\.ts$/;

/** Which code has been run so far, as V8 counts it: blocks of each function, and roughly how often within one case. */
export class Coverage {
  readonly #session = new Session();
  readonly #reached = new Set<string>();
  #blocks = 0;

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks of code that were reached at all. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Whether anything was reached since the last call that never was before, or never so often. */
  reachedMore(): boolean {
    const before = this.#reached.size;
    for (const script of this.#take()) {
      if (!ownCode.test(script.url)) continue;
      for (const { ranges } of script.functions) for (const range of ranges) this.#note(script.scriptId, range);
    }
    return this.#reached.size > before;
  }

  #note(scriptId: string, { startOffset, endOffset, count }: Profiler.CoverageRange): void {
    if (count === 0) return;
    const block = `${scriptId}:${startOffset}:${endOffset}`;
    if (!this.#reached.has(block)) this.#blocks += 1;
    this.#reached.add(block);
    this.#reached.add(`${block}:${howOften(count)}`);
  }

  /** What was run since it was last asked. A session in its own thread answers before `post` returns. */
  #take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error) throw error;
      taken = answer.result;
    });
    return taken;
  }
}

/** Once, twice, some times, many times: a loop that runs nine times instead of eight is nothing new. */
function howOften(count: number): number {
  return count < 4 ? count : Math.ceil(Math.log2(count)) + 2;
}
