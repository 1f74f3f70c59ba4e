import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersTarget } from "../../scripts/fuzzing/answers.ts";
import { Dough } from "../../scripts/fuzzing/dough.ts";
import { framesTarget } from "../../scripts/fuzzing/frames.ts";
import { headsTarget } from "../../scripts/fuzzing/heads.ts";
import { ndefTarget } from "../../scripts/fuzzing/ndef.ts";
import { serialTarget } from "../../scripts/fuzzing/serial.ts";
import { checkTellsNothing, type FuzzTarget } from "../../scripts/fuzzing/target.ts";

// The first cases of the fuzzer, always the same; `scripts/fuzz` goes on from there for as long as one likes.
describe.each([
  ["frames", framesTarget, 10],
  ["heads", headsTarget, 10],
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
    for (let seed = 1; seed <= cases; seed += 1) await target.run(new Dough(seed));
  });
});

test("the same seed makes the same case", () => {
  const made = () => {
    const dough = new Dough(7);
    return JSON.stringify([dough.value(), dough.spoil({ a: { b: [1, 2] } }), dough.spoilBytes(Buffer.from("label"))]);
  };
  expect(made()).toBe(made());
});

test.each(["at Object.<anonymous> (/srv/till.ts:1:2)", "SQLITE_ERROR: no such table", "/home/till/main.ts"])(
  "an answer that says %j is found out",
  (answer) => {
    expect(() => checkTellsNothing(answer)).toThrow("tells of the inside");
  },
);
