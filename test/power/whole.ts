import type { Dice } from "../sim/dice.ts";

/** A whole number from `least` to `most`, both included. */
export function whole(dice: Dice, least: number, most: number): number {
  return least + Math.floor(dice.upTo(most - least + 1));
}
