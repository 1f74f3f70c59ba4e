import { SeededRandom } from "../sim/seeded-random.ts";

/** Every number that a case was made of, in order. The same numbers make the same case. */
export type ChoiceSequence = readonly number[];

/** Throws what it is told to, then goes on from its seed; remembers all of it. */
export class RecordedRandom extends SeededRandom {
  readonly #replayed: ChoiceSequence;
  readonly #drawn: number[] = [];

  constructor(seed: number, told: ChoiceSequence = []) {
    super(seed);
    // The base class throws to warm up, before there is anything to remember with.
    this.#replayed = told;
  }

  override next(): number {
    const fresh = super.next();
    if (!(#drawn in this)) return fresh;
    const thrown = this.#replayed[this.#drawn.length] ?? fresh;
    this.#drawn.push(thrown);
    return thrown;
  }

  get drawn(): ChoiceSequence {
    return this.#drawn;
  }
}

const changesMax = 4;
const runMax = 32;

/** The same throws with some of them changed, cut out or doubled: a case like the one before, and not the same. */
export function mutated(choices: ChoiceSequence, random: SeededRandom): ChoiceSequence {
  let result = choices;
  for (let left = 1 + Math.floor(random.upTo(changesMax)); left > 0; left -= 1) result = changedOnce(result, random);
  return result;
}

function changedOnce(choices: ChoiceSequence, random: SeededRandom): ChoiceSequence {
  const at = Math.floor(random.upTo(choices.length));
  const end = Math.min(choices.length, at + 1 + Math.floor(random.upTo(runMax)));
  const [before, run, after] = [choices.slice(0, at), choices.slice(at, end), choices.slice(end)];
  return random.pick([
    () => [...before, random.next(), ...choices.slice(at + 1)],
    () => [...before, ...run.map(() => random.next()), ...after],
    () => [...before, ...after],
    () => [...before, ...run, ...run, ...after],
  ])();
}
