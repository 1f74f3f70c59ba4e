import type { SeededRandom } from "../sim/seeded-random.ts";

/** A whole number from `least` to `most`, both included. */
export function whole(random: SeededRandom, least: number, most: number): number {
  return least + Math.floor(random.upTo(most - least + 1));
}
