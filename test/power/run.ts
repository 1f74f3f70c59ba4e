import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskLibrary } from "./cut.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { anywhere, firstStart, inRecovery, type Plan, type Point, planAnywhere, planFor, points } from "./points.ts";
import type { Outcome } from "./counter.ts";
import { CrashTill, type TillOptions } from "./till.ts";
import { whole } from "./whole.ts";

export interface RunOptions {
  readonly ends: TillOptions["ends"];
  readonly weak?: TillOptions["weak"];
  readonly deaths: number;
  readonly tills: number;
  readonly seed: number;
  /** After each death, and each time that everything came to rest. */
  readonly onProgress?: (result: RunResult, outcome?: Outcome) => void;
  /** Stop at the first thing that is wrong. */
  readonly stopAtFault?: boolean;
  /** Everything comes to rest now and then, which takes a minute each. `never`: nobody waits for what is open in the end. */
  readonly rests?: "never";
  /** Ends the run at once. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  deaths: number;
  /** Deaths at the very point, by the point's number. */
  readonly hits: Map<number, number>;
  sales: number;
  settled: number;
  readonly faults: string[];
  /** Milliseconds from the start until MobilePay had answered about every open payment. */
  readonly classifiedMs: number[];
  /** The longest row of deaths of one till, each in the recovery from the one before. */
  readonly recoveries: { inARow: number };
}

/** Deaths of one till before everything must come to rest. */
const deathsPerRest = 60;
const newcomerDeathsMax = 3;

/** Lets tills die side by side until there were enough deaths, and everything come to rest in between and in the end. */
export async function run(options: RunOptions): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-power-"));
  const library = diskLibrary(folder);
  const all = new Run(options, folder, library);
  try {
    await Promise.all(Array.from({ length: options.tills }, (_, index) => all.till(index)));
  } finally {
    all.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return all.result;
}

class Run {
  readonly result: RunResult = {
    deaths: 0,
    hits: new Map(),
    sales: 0,
    settled: 0,
    faults: [],
    classifiedMs: [],
    recoveries: { inARow: 0 },
  };
  readonly #options: RunOptions;
  readonly #folder: string;
  readonly #library: string;
  readonly #ending = new AbortController();
  #tills = 0;

  constructor(options: RunOptions, folder: string, library: string) {
    this.#options = options;
    options.signal?.addEventListener("abort", () => this.end());
    this.#folder = folder;
    this.#library = library;
  }

  /** Nothing goes on after this, whatever went wrong. */
  end(): void {
    this.#ending.abort();
  }

  get #isOver(): boolean {
    const { deaths, stopAtFault } = this.#options;
    if (this.#ending.signal.aborted) return true;
    return this.result.deaths >= deaths || (stopAtFault === true && this.result.faults.length > 0);
  }

  /** One place at the counter: an old till that dies again and again, and now and then a new one beside it. */
  async till(index: number): Promise<void> {
    const random = new SeededRandom(this.#options.seed, index);
    const till = await this.#open(random);
    let inARow = 0;
    try {
      for (let deaths = 0; !this.#isOver; deaths += 1) {
        const isRecovery = await this.#dieOnce(till, random, inARow);
        inARow = isRecovery ? inARow + 1 : 0;
        this.result.recoveries.inARow = Math.max(this.result.recoveries.inARow, inARow);
        if (deaths % deathsPerRest === deathsPerRest - 1) await this.#rest(till);
      }
      await this.#rest(till);
    } finally {
      await till.close();
    }
  }

  /** Answers whether it died in recovery. */
  async #dieOnce(till: CrashTill, random: SeededRandom, inARow: number): Promise<boolean> {
    const plan = this.#next(till, random, inARow);
    if (plan.point === firstStart) {
      await this.#newcomer(plan, random);
      return false;
    }
    const outcome = await till.live(plan);
    this.#count(outcome);
    return outcome.hit && plan.point === inRecovery;
  }

  /** The first start of a till, cut short, and what follows. */
  async #newcomer(plan: Plan, random: SeededRandom): Promise<void> {
    const till = await this.#open(random);
    try {
      this.#count(await till.live(plan));
      for (let deaths = 1; deaths < newcomerDeathsMax && random.chance(0.4); deaths += 1)
        this.#count(await till.live({ ...plan, task: "sale" }));
      await this.#rest(till);
    } finally {
      await till.close();
    }
  }

  /** Points that were hit least come first; some deaths come at no particular moment. */
  #next(till: CrashTill, random: SeededRandom, inARow: number): Plan {
    const again = inARow > 0 && till.counter.hasOpenPayments && random.chance(0.5);
    const recovery = again && points.find(({ number }) => number === inRecovery);
    if (recovery) return planFor(recovery, random) ?? planAnywhere(random);
    if (random.chance(0.12)) return planAnywhere(random);
    const possible = points.filter(
      ({ number, draw }) => draw && (number !== inRecovery || till.counter.hasOpenPayments),
    );
    const rarest = possible.toSorted((one, other) => this.#hits(one, random) - this.#hits(other, random))[0];
    return (rarest && planFor(rarest, random)) ?? planAnywhere(random);
  }

  #hits({ number }: Point, random: SeededRandom): number {
    return (this.result.hits.get(number) ?? 0) + whole(random, 0, 4);
  }

  #count(outcome: Outcome): void {
    const { plan, hit, faults, classifiedMs } = outcome;
    const { result } = this;
    result.deaths += 1;
    const point = hit ? plan.point : anywhere;
    result.hits.set(point, (result.hits.get(point) ?? 0) + 1);
    if (classifiedMs !== undefined) result.classifiedMs.push(classifiedMs);
    result.faults.push(...faults.map((fault) => `${fault} [after ${JSON.stringify(plan)}]`));
    this.#options.onProgress?.(result, outcome);
  }

  async #rest(till: CrashTill): Promise<void> {
    if (
      this.#ending.signal.aborted ||
      this.#options.rests === "never" ||
      (this.#options.stopAtFault && this.result.faults.length > 0)
    )
      return;
    const { attempts } = till.counter.memory;
    const before = attempts.filter(({ settled }) => settled).length;
    this.result.faults.push(...(await till.rest()));
    this.result.sales += attempts.length - before;
    this.result.settled += 1;
    this.#options.onProgress?.(this.result);
  }

  #open(random: SeededRandom): Promise<CrashTill> {
    this.#tills += 1;
    const tillId = `t${this.#tills}`;
    const { ends, weak } = this.#options;
    const folder = join(this.#folder, tillId);
    const { signal } = this.#ending;
    return CrashTill.open({ tillId, folder, random, library: this.#library, ends, signal, ...(weak && { weak }) });
  }
}
