/** Chance from a seed: the same seed and purpose, the same numbers. Mulberry32 over a mixed seed. */
export class Dice {
  #state: number;

  constructor(seed: number, purpose = 0) {
    this.#state = mix(mix(seed) ^ Math.imul(purpose + 1, 0x9e37_79b1));
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    return mix(this.#state) / 0x1_0000_0000;
  }

  chance(of: number): boolean {
    return this.next() < of;
  }

  upTo(most: number): number {
    return this.next() * most;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.upTo(most - least + 1));
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.next() * values.length)] as Value; // the index is below the length
  }

  list<Value>(length: number, make: () => Value): Value[] {
    return Array.from({ length }, make);
  }

  /** The first whose share of all weights comes up. */
  weighed<Value>(values: readonly (readonly [weight: number, value: Value])[]): Value {
    let left = this.upTo(values.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    return (values.at(-1) as readonly [number, Value])[1]; // there is at least one
  }
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
