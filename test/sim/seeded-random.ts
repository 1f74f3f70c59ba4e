const warmUps = 10;

/** Chance from a seed: the same seed and purpose, the same numbers; others, others. Chris Doty-Humphrey's sfc32. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c = 0x9e37_79b9;
  #count = 1;

  constructor(seed: number, purpose = 0) {
    this.#a = seed | 0;
    this.#b = purpose | 0;
    for (let round = 0; round < warmUps; round += 1) this.next();
  }

  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  }

  chance(of: number): boolean {
    return this.next() < of;
  }

  upTo(most: number): number {
    return this.next() * most;
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
