import { SeededRandom } from "../sim/seeded-random.ts";

/** What all cases are made of, from one seed: values that break programs, and ways to spoil what was right. */
export class ValueGenerator {
  readonly random: SeededRandom;

  constructor(seed: number | SeededRandom) {
    this.random = typeof seed === "number" ? new SeededRandom(seed) : seed;
  }

  whole(most: number): number {
    return Math.floor(this.random.upTo(most + 1));
  }

  /** A value of any type, now and then with more inside. */
  value(depth = 3): unknown {
    if (depth > 0 && this.random.chance(0.2)) return this.random.list(this.whole(4), () => this.value(depth - 1));
    if (depth > 0 && this.random.chance(0.2))
      return Object.fromEntries(this.random.list(this.whole(4), () => [this.text(), this.value(depth - 1)]));
    return this.random.chance(0.5) ? this.text() : this.random.pick(oddValues);
  }

  text(): string {
    if (this.random.chance(0.7)) return this.random.pick(oddTexts);
    return String.fromCharCode(...this.random.list(this.whole(20), () => this.whole(0xff_ff)));
  }

  bytes(most: number): Buffer {
    return Buffer.from(this.random.list(this.whole(most), () => this.whole(255)));
  }

  /** The same, with one value in it replaced, taken away or added. */
  mutate(whole: unknown): unknown {
    if (typeof whole !== "object" || whole === null || this.random.chance(0.15)) return this.value();
    const copy: Record<string, unknown> | unknown[] = Array.isArray(whole) ? [...whole] : { ...whole };
    const keys = Object.keys(copy);
    const key = keys.length === 0 || this.random.chance(0.1) ? this.text() : this.random.pick(keys);
    if (this.random.chance(0.15)) Reflect.deleteProperty(copy, key);
    else
      Object.defineProperty(copy, key, {
        value: this.mutate(Reflect.get(copy, key)),
        enumerable: true,
        configurable: true,
      });
    return copy;
  }

  /** The same bytes, some of them changed, doubled, cut out or moved. */
  mutateBytes(whole: Buffer): Buffer {
    const at = this.whole(whole.length);
    const end = Math.min(whole.length, at + this.whole(16));
    const [before, middle, after] = [whole.subarray(0, at), whole.subarray(at, end), whole.subarray(end)];
    const parts = this.random.pick([
      [before, this.bytes(16), after],
      [before, after],
      [before, middle, middle, after],
      [after, middle, before],
      [before, Buffer.from(this.text()), middle, after],
    ]);
    return Buffer.concat(parts);
  }
}

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  0.1,
  4990,
  65_000_000,
  65_000_001,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 63),
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  [],
  {},
  [[[[[]]]]],
];

const oddTexts: readonly string[] = [
  "",
  " ",
  "0",
  "null",
  "__proto__",
  "constructor",
  "toString",
  "payment-1",
  "pay-00000001",
  "DKK",
  "XXX",
  "phone",
  "tillTag",
  "\u0000",
  "\u001b[2J",
  "\ud800",
  "\u202e",
  "' OR 1=1 --",
  '"; DROP TABLE payments; --',
  "../../../etc/passwd",
  "%s%n%x",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "\r\nSet-Cookie: x=1",
  "2026-02-30T25:61:61Z",
  "1e999",
  "9".repeat(400),
  "x".repeat(70_000),
  "\u{1f4b0}".repeat(50),
];
