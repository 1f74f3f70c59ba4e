import { describe, expect, test } from "vitest";
import { type RunOptions, run } from "./run.ts";

// A short run of scripts/power-cut: the real program, from dist/, on a disk that loses what was not synced.

const cuts: RunOptions = { ends: "cut", deaths: 12, tills: 3, seed: Date.now() % 1_000_000 };
/** Only against what hangs. */
const timeout = 400_000;

describe(`a power cut in mid-sale (seed ${cuts.seed})`, { timeout }, () => {
  test("loses nothing that was acknowledged, and doubles nothing", async () => {
    const { deaths, faults } = await run({ ...cuts, rests: "never" });
    expect(faults).toEqual([]);
    expect(deaths).toBeGreaterThanOrEqual(cuts.deaths);
  });

  // What these disks and settings lose is noticed: only then the test above says something.
  test.each(["unsynced", "syncsIgnored", "foldersUnsynced"] as const)(
    "is noticed when the disk is weak: %s",
    async (weak) => {
      const { faults } = await run({ ...cuts, deaths: 40, weak, stopAtFault: true, rests: "never" });
      expect(faults).not.toEqual([]);
    },
  );
});
