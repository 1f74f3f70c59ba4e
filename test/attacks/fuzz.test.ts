import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersTarget } from "../fuzz/answers.ts";
import { ValueGenerator } from "../fuzz/value-generator.ts";
import { framesTarget } from "../fuzz/frames.ts";
import { headsTarget } from "../fuzz/heads.ts";
import { hidTarget } from "../fuzz/hid.ts";
import { ndefTarget } from "../fuzz/ndef.ts";
import { serialTarget } from "../fuzz/serial.ts";
import { checkTellsNothing, type FuzzTarget } from "../fuzz/target.ts";
import { mutated, RecordedRandom } from "../fuzz/choice-sequence.ts";
import { webhookTarget } from "../fuzz/webhook.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

// The first cases of the fuzzer, always the same; `scripts/fuzz` goes on from there for as long as one likes.
describe.each([
  ["frames", framesTarget, 10],
  ["heads", headsTarget, 10],
  ["webhook", webhookTarget, 20],
  ["hid", hidTarget, 100],
  ["serial", serialTarget, 100],
  ["ndef", ndefTarget, 100],
  ["answers", answersTarget, 100],
] as const)("%s that nobody would send", (_, make, cases) => {
  let target: FuzzTarget;
  beforeAll(async () => {
    target = await make();
  });
  afterAll(() => target.close());

  test("do no harm", async () => {
    for (let seed = 1; seed <= cases; seed += 1) await target.run(new ValueGenerator(seed));
  });
});

test("the same seed makes the same case", () => {
  const made = () => {
    const generator = new ValueGenerator(7);
    return JSON.stringify([
      generator.value(),
      generator.mutate({ a: { b: [1, 2] } }),
      generator.mutateBytes(Buffer.from("label")),
    ]);
  };
  expect(made()).toBe(made());
});

describe("a case that reached new code", () => {
  const made = (random: SeededRandom) => new ValueGenerator(random).bytes(400).toString("hex");

  test("is made again from its throws, whatever the seed", () => {
    const first = new RecordedRandom(7);
    const bytes = made(first);
    expect(made(new RecordedRandom(8, first.drawn))).toBe(bytes);
    expect(made(new RecordedRandom(8))).not.toBe(bytes);
  });

  test("has others made of it that are like it", () => {
    const first = new RecordedRandom(7);
    const bytes = made(first);
    const random = new SeededRandom(1);
    const others = random.list(50, () => made(new RecordedRandom(8, mutated(first.drawn, random))));
    const alike = others.filter((other) => other !== bytes && other.includes(bytes.slice(-64)));
    expect(alike.length).toBeGreaterThan(0);
    expect(new Set(others).size).toBeGreaterThan(25);
  });
});

test.each(["at Object.<anonymous> (/srv/till.ts:1:2)", "SQLITE_ERROR: no such table", "/home/till/main.ts"])(
  "an answer that says %j is found out",
  (answer) => {
    expect(() => checkTellsNothing(answer)).toThrow("tells of the inside");
  },
);
