import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "../sim/seeded-random.ts";
import { commandLine, wrongUsage } from "../support/command-line.ts";
import { answersTarget } from "./answers.ts";
import { Corpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import { ValueGenerator } from "./value-generator.ts";
import { framesTarget } from "./frames.ts";
import { headsTarget } from "./heads.ts";
import { hidTarget } from "./hid.ts";
import { ndefTarget } from "./ndef.ts";
import { serialTarget } from "./serial.ts";
import { type FuzzTarget, NotTried } from "./target.ts";
import { RecordedRandom, type ChoiceSequence } from "./choice-sequence.ts";
import { webhookTarget } from "./webhook.ts";

const caseMsMax = 60_000;
/** Each target in turn gets so long: those that need no socket make many cases of it. */
const turnMs = 250;
const found = join(import.meta.dirname, "../../.cache/fuzz-found.json");
const makers: Readonly<Record<string, () => Promise<FuzzTarget> | FuzzTarget>> = {
  frames: framesTarget,
  heads: headsTarget,
  webhook: webhookTarget,
  hid: hidTarget,
  serial: serialTarget,
  ndef: ndefTarget,
  answers: answersTarget,
};

const { values } = commandLine("fuzz", {
  minutes: 5,
  seed: Math.floor(Math.random() * 2 ** 31),
  only: Object.keys(makers).join(","),
  cases: Number.POSITIVE_INFINITY,
  again: false,
});

/** Cases that came to nothing because the machine was too busy. */
let notTried = 0;

interface Running {
  readonly target: FuzzTarget;
  readonly corpus: Corpus;
  cases: number;
}

/** A case that can be made again. */
interface Case {
  readonly target: string;
  readonly seed: number;
  readonly throws: ChoiceSequence;
}

async function main(): Promise<void> {
  if (values.again) return again();
  const names = values.only.split(",");
  const all = await Promise.all(names.map(running));
  const { seed: first, cases: casesMax } = values;
  const coverage = new Coverage();
  const random = new SeededRandom(first);
  const end = performance.now() + values.minutes * 60_000;
  while (performance.now() < end && all.some(({ cases }) => cases < casesMax))
    for (const one of all) await turn(one, { first, casesMax, random, coverage });
  for (const { target } of all) await target.close();
  const told = all.map(({ target, cases, corpus }) => `${target.name} ${cases} (${corpus.size} kept)`).join(", ");
  process.stdout.write(
    `fuzz: nothing found. Cases: ${told}. Blocks of our code reached: ${coverage.blocks}. Not tried: ${notTried}. First seed: ${first}\n`,
  );
}

async function running(name: string): Promise<Running> {
  const target = Object.hasOwn(makers, name) ? await makers[name]?.() : undefined;
  if (!target) wrongUsage("fuzz", `--only is some of ${Object.keys(makers).join(",")}`);
  return { target, corpus: new Corpus(), cases: 0 };
}

interface Guide {
  readonly first: number;
  readonly casesMax: number;
  readonly random: SeededRandom;
  readonly coverage: Coverage;
}

/** Cases of one target, each from a seed of its own; what reached new code is kept, and more is made of it. */
async function turn(one: Running, { first, casesMax, random, coverage }: Guide): Promise<void> {
  const end = performance.now() + turnMs;
  coverage.reachedMore();
  do {
    if (one.cases >= casesMax) return;
    const seed = first + one.cases;
    const thrown = await within(one.target, { target: one.target.name, seed, throws: one.corpus.next(random) });
    if (coverage.reachedMore()) one.corpus.keep(thrown, random);
    one.cases += 1;
  } while (performance.now() < end);
}

/** The case that was found last, once more. */
async function again(): Promise<void> {
  const one = JSON.parse(readFileSync(found, "utf8")) as Case; // we wrote it
  const { target } = await running(one.target);
  await within(target, one);
  await target.close();
  process.stdout.write("fuzz: nothing found this time\n");
}

/** Runs one case. When it fails, hangs or brings the process down, it is kept, to be made again. */
async function within(target: FuzzTarget, one: Case): Promise<ChoiceSequence> {
  const random = new RecordedRandom(one.seed, one.throws);
  const failed = (error: unknown) => fail({ ...one, throws: random.drawn }, error);
  process.once("uncaughtException", failed);
  process.once("unhandledRejection", failed);
  const limit = setTimeout(() => failed(new Error("it hangs")), caseMsMax);
  try {
    await target.run(new ValueGenerator(random));
  } catch (error) {
    if (!(error instanceof NotTried)) failed(error);
    notTried += 1;
  }
  clearTimeout(limit);
  process.off("uncaughtException", failed);
  process.off("unhandledRejection", failed);
  return random.drawn;
}

function fail(one: Case, error: unknown): never {
  mkdirSync(join(found, ".."), { recursive: true });
  writeFileSync(found, JSON.stringify(one));
  process.stdout.write(
    `fuzz: found something in ${one.target}, seed ${one.seed}. Once more: scripts/fuzz --again\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}

await main();
