import { Dice } from "../sim/dice.ts";

/** Every number that a case was made of, in order. The same numbers make the same case. */
export type Throws = readonly number[];

/** Throws what it is told to, then goes on from its seed; remembers all of it. */
export class RememberingDice extends Dice {
  readonly #told: Throws;
  readonly #thrown: number[] = [];

  constructor(seed: number, told: Throws = []) {
    super(seed);
    // The base class throws to warm up, before there is anything to remember with.
    this.#told = told;
  }

  override next(): number {
    const fresh = super.next();
    if (!(#thrown in this)) return fresh;
    const thrown = this.#told[this.#thrown.length] ?? fresh;
    this.#thrown.push(thrown);
    return thrown;
  }

  get thrown(): Throws {
    return this.#thrown;
  }
}

const changesMax = 4;
const runMax = 32;

/** The same throws with some of them changed, cut out or doubled: a case like the one before, and not the same. */
export function changed(throws: Throws, dice: Dice): Throws {
  let result = throws;
  for (let left = 1 + Math.floor(dice.upTo(changesMax)); left > 0; left -= 1) result = changedOnce(result, dice);
  return result;
}

function changedOnce(throws: Throws, dice: Dice): Throws {
  const at = Math.floor(dice.upTo(throws.length));
  const end = Math.min(throws.length, at + 1 + Math.floor(dice.upTo(runMax)));
  const [before, run, after] = [throws.slice(0, at), throws.slice(at, end), throws.slice(end)];
  return dice.pick([
    () => [...before, dice.next(), ...throws.slice(at + 1)],
    () => [...before, ...run.map(() => dice.next()), ...after],
    () => [...before, ...after],
    () => [...before, ...run, ...run, ...after],
  ])();
}
