import type { Dice } from "../sim/dice.ts";
import { changed, type Throws } from "./throws.ts";

const keptMax = 1000;
/** A case of more throws than this is not worth its memory. */
const throwsMax = 50_000;
const changedShare = 0.7;

/** The cases of one target that reached new code: most new ones are made from them. */
export class Corpus {
  readonly #kept: Throws[] = [];

  get size(): number {
    return this.#kept.length;
  }

  /** What the next case begins with: a kept one, changed, or nothing, which is a wholly new one. */
  next(dice: Dice): Throws {
    return this.#kept.length > 0 && dice.chance(changedShare) ? changed(dice.pick(this.#kept), dice) : [];
  }

  keep(throws: Throws, dice: Dice): void {
    if (throws.length > throwsMax) return;
    if (this.#kept.length < keptMax) this.#kept.push(throws);
    else this.#kept[Math.floor(dice.upTo(keptMax))] = throws;
  }
}
