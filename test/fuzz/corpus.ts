import type { SeededRandom } from "../sim/seeded-random.ts";
import { mutated, type ChoiceSequence } from "./choice-sequence.ts";

const keptMax = 1000;
/** A case of more throws than this is not worth its memory. */
const throwsMax = 50_000;
const changedShare = 0.7;

/** The cases of one target that reached new code: most new ones are made from them. */
export class Corpus {
  readonly #kept: ChoiceSequence[] = [];

  get size(): number {
    return this.#kept.length;
  }

  /** What the next case begins with: a kept one, changed, or nothing, which is a wholly new one. */
  next(random: SeededRandom): ChoiceSequence {
    return this.#kept.length > 0 && random.chance(changedShare) ? mutated(random.pick(this.#kept), random) : [];
  }

  keep(throws: ChoiceSequence, random: SeededRandom): void {
    if (throws.length > throwsMax) return;
    if (this.#kept.length < keptMax) this.#kept.push(throws);
    else this.#kept[Math.floor(random.upTo(keptMax))] = throws;
  }
}
