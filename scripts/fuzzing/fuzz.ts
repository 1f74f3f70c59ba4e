import { parseArgs } from "node:util";
import { answersTarget } from "./answers.ts";
import { Dough } from "./dough.ts";
import { framesTarget } from "./frames.ts";
import { headsTarget } from "./heads.ts";
import { ndefTarget } from "./ndef.ts";
import { serialTarget } from "./serial.ts";
import type { FuzzTarget } from "./target.ts";

const caseMsMax = 20_000;
const makers: Readonly<Record<string, () => Promise<FuzzTarget> | FuzzTarget>> = {
  frames: framesTarget,
  heads: headsTarget,
  serial: serialTarget,
  ndef: ndefTarget,
  answers: answersTarget,
};

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string", default: Object.keys(makers).join(",") },
    cases: { type: "string" },
  },
});

/** Cases one after the other, each target in turn, each case from a seed of its own. */
async function main(): Promise<void> {
  const names = values.only.split(",").filter((name) => Object.hasOwn(makers, name));
  const targets = await Promise.all(names.map(async (name) => makers[name]?.()));
  const seeds = { first: Number(values.seed), most: Number(values.cases ?? Number.POSITIVE_INFINITY) };
  const counts = new Map<string, number>();
  const end = performance.now() + Number(values.minutes) * 60_000;
  for (let number = 0; number < seeds.most && performance.now() < end; number += 1) {
    for (const target of targets) {
      if (!target) continue;
      await within(target, seeds.first + number);
      counts.set(target.name, (counts.get(target.name) ?? 0) + 1);
    }
  }
  for (const target of targets) await target?.close();
  const told = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  process.stdout.write(`fuzz: nothing found. Cases: ${told}. First seed: ${seeds.first}\n`);
}

/** One case, with its seed told when it fails, hangs or brings the process down. */
async function within(target: FuzzTarget, seed: number): Promise<void> {
  const again = `${target.name}: scripts/fuzz --only ${target.name} --cases 1 --seed ${seed}`;
  const crashed = (error: unknown) => fail(again, error);
  process.once("uncaughtException", crashed);
  process.once("unhandledRejection", crashed);
  const limit = setTimeout(() => fail(again, new Error("it hangs")), caseMsMax);
  try {
    await target.run(new Dough(seed));
  } catch (error) {
    fail(again, error);
  }
  clearTimeout(limit);
  process.off("uncaughtException", crashed);
  process.off("unhandledRejection", crashed);
}

function fail(again: string, error: unknown): never {
  process.stdout.write(
    `fuzz: found something. Again with: ${again}\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}

await main();
